"""What those who keep a site running see: whether it can work, its figures, and by which id a request is known."""

import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from friends import Site, comment_on
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from agora.store.figures import Failures, figures, is_writable
from agora.store.schema import migrate

TOKEN = "a token for those who watch"

only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

Figures = dict[tuple[str, frozenset[tuple[str, str]]], float]


@pytest.fixture
def watched(database_url: str, tmp_path: Path) -> Iterator[Site]:
    """Behind a proxy on loopback, whose readers come from where it says."""
    with Site(database_url, tmp_path / "data", trusted_proxies="127.0.0.1", metrics_token=TOKEN) as served:
        yield served


def read(site: Site, **headers: str) -> Figures:
    """What Prometheus would understand; a family with a type, every sample once."""
    answer = site.client().get("/metrics", headers=headers)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    found: Figures = {}
    for family in text_string_to_metric_families(answer.text):
        assert family.documentation
        assert family.type != "unknown", family.name
        for sample in family.samples:
            key = (sample.name, frozenset(sample.labels.items()))
            assert key not in found, key
            found[key] = sample.value
    return found


def value(found: Figures, name: str, **labels: str) -> float:
    """The one sample of this name whose labels include these."""
    (only,) = [number for (own, said), number in found.items() if own == name and labels.items() <= dict(said).items()]
    return only


# Figures


def test_figures_tell_what_waits(site: Site) -> None:
    post = site.post()
    site.waiting(post)
    site.clock.forward(minutes=2)
    site.waiting(post, email="eve@example.org")
    site.clock.forward(minutes=3)

    found = read(site)

    assert value(found, "agora_comments_pending") == 2
    assert value(found, "agora_comments_oldest_pending_seconds") == pytest.approx(300, abs=1)
    assert value(found, "agora_database_up") == 1
    assert value(found, "agora_database_bytes") > 100_000


def test_figures_tell_what_is_late(site: Site) -> None:
    site.maud()
    comment_on(site.client(), site.post())  # a moderator is told
    site.clock.forward(minutes=1)

    before = read(site)
    site.deliver()
    site.clock.forward(minutes=1)
    after = read(site)

    assert value(before, "agora_letters_due") >= 1
    assert value(before, "agora_letters_oldest_due_seconds") == pytest.approx(60, abs=5)
    assert value(after, "agora_letters_due") == value(after, "agora_letters_oldest_due_seconds") == 0
    assert value(after, "agora_letters_failed") == 0


@only_sqlite
def test_figures_count_answers(site: Site) -> None:
    client, post = site.client(), site.post()
    for path in ("/sign-in", "/sign-in", "/nowhere", "/nowhere/else"):
        client.get(path)
    comment_on(client, post)
    client.put("/sign-in")

    found = read(site)

    assert value(found, "agora_requests_total", route="sign_in", method="GET", status="200") == 2
    assert value(found, "agora_requests_total", route="comments", method="POST", status="303") == 1
    assert value(found, "agora_requests_total", route="nowhere", method="GET") == 2
    assert value(found, "agora_requests_total", method="other", status="405") == 1
    assert value(found, "agora_request_seconds_count", route="sign_in", method="GET") == 2
    assert value(found, "agora_request_seconds_bucket", route="sign_in", method="GET", le="+Inf") == 2
    assert 0 < value(found, "agora_request_seconds_sum", route="sign_in", method="GET") < 60
    assert value(found, "agora_response_bytes_total") > 1000


@only_sqlite
def test_histogram_only_grows(site: Site) -> None:
    site.client().get("/sign-in")

    buckets = [
        (float(dict(labels)["le"]), count)
        for (name, labels), count in read(site).items()
        if name == "agora_request_seconds_bucket" and ("route", "sign_in") in labels
    ]

    assert len(buckets) == 14
    assert [count for _, count in sorted(buckets)] == sorted(count for _, count in buckets)


@only_sqlite
def test_figures_count_pages_from_memory(site: Site) -> None:
    post, client = site.post(), site.client()
    for _ in range(3):
        page = client.get(f"/posts/{post.slug}")
    client.get(f"/posts/{post.slug}", headers={"If-None-Match": page.headers["etag"]})

    found = read(site)

    assert value(found, "agora_memory_requests_total", result="miss") == 1
    assert value(found, "agora_memory_requests_total", result="hit") == 3
    assert value(found, "agora_memory_not_modified_total") == 1
    assert value(found, "agora_memory_pages") == 1
    assert value(found, "agora_memory_bytes") > len(page.content)


@only_sqlite
def test_figures_tell_of_the_process(site: Site) -> None:
    found = read(site)

    assert value(found, "process_resident_memory_bytes", pid=str(os.getpid())) > 10_000_000
    assert value(found, "process_open_fds") > 3
    assert value(found, "process_start_time_seconds") > 1_700_000_000
    assert value(found, "agora_info") == 1


@only_sqlite
def test_figures_know_the_last_backup(site: Site) -> None:
    assert not [name for name, _ in read(site) if "backup" in name]
    mark = site.settings.data_dir / "last-backup"
    mark.touch()

    assert value(read(site), "agora_last_backup_time_seconds") == pytest.approx(mark.stat().st_mtime)


def test_figures_outlive_the_database(site: Site) -> None:
    """They are wanted most when it is away."""
    with site.writing() as session:
        session.execute(text("ALTER TABLE deliveries RENAME TO lost"))

    found = read(site)

    assert value(found, "agora_database_up") == 0
    assert value(found, "process_open_fds") > 3
    assert not [name for name, _ in found if name.startswith("agora_letters")]


def test_failures_of_the_database_are_counted(site: Site) -> None:
    failures = Failures(site.database)
    engine = site.database.engine
    with pytest.raises(engine.dialect.loaded_dbapi.Error), engine.raw_connection() as connection:  # type: ignore[misc]
        connection.cursor().execute("SELECT nonsense FROM nowhere")
    assert failures.count == 0  # not asked through the engine

    with pytest.raises(Exception, match="nowhere"), engine.connect() as connection:
        connection.execute(text("SELECT nonsense FROM nowhere"))

    assert failures.count == (1 if site.database.is_sqlite else 0)  # PostgreSQL blames who asked


@only_sqlite
def test_figures_name_nobody(site: Site) -> None:
    post = site.post()
    location = comment_on(site.client(), post, email="bob.private@example.org").headers["location"]
    site.client().get(location)
    site.client().get("/nowhere/bob.private@example.org")

    sheet = site.client().get("/metrics").text

    for secret in ("bob.private", "127.0.0.1", location.rsplit("/", 1)[1][:20], post.slug):
        assert secret not in sheet


# Who may see them


@only_sqlite
def test_figures_are_for_neighbours(site: Site) -> None:
    """Without `trusted_proxies` everybody behind a proxy seems to come from it: then nobody is a neighbour."""
    client = site.client()

    assert client.get("/metrics").status_code == 200
    for header in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"):
        assert client.get("/metrics", headers={header: "192.0.2.7"}).status_code == 404


@only_sqlite
def test_figures_are_for_who_has_the_token(watched: Site) -> None:
    client = watched.client(headers={"X-Forwarded-For": "192.0.2.7"})

    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200
    for wrong in (f"Bearer {TOKEN}x", "Bearer", "Bearer é", TOKEN):
        assert client.get("/metrics", headers={"Authorization": wrong.encode()}).status_code == 404


@only_sqlite
def test_figures_are_for_named_networks(database_url: str, tmp_path: Path) -> None:
    stated = {"trusted_proxies": "127.0.0.1", "metrics_networks": "192.0.2.0/24, 2001:db8::/32"}
    with Site(database_url, tmp_path / "data", **stated) as site:
        client = site.client()

        answers = {
            address: client.get("/metrics", headers={"X-Forwarded-For": address}).status_code
            for address in ("192.0.2.9", "::ffff:192.0.2.9", "2001:db8::1", "198.51.100.1", "2001:db9::1", "nonsense")
        }

    assert [address for address, status in answers.items() if status == 200] == list(answers)[:3]
    assert set(answers.values()) == {200, 404}


# Readiness


def test_ready_means_writable(site: Site) -> None:
    assert site.client().get("/readyz").text == "ready\n"
    assert is_writable(site.database)
    with site.database.read() as session:
        assert session.scalar(text("SELECT count(*) FROM site")) == 1


@only_sqlite
def test_read_only_database_is_not_ready(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its transactions are undone, so that no file system has to be mounted for this."""
    assert not answers_ready_after(site, "CREATE TRIGGER no BEFORE UPDATE ON site BEGIN SELECT raise(ABORT, 'no'); END")


def answers_ready_after(site: Site, *statements: str) -> bool:
    with site.writing() as session:
        for statement in statements:
            session.execute(text(statement))
    site.clock.forward(seconds=2)  # an answer holds for a second
    answer = site.client().get("/readyz")
    assert answer.status_code == 200 or answer.headers["retry-after"]
    return answer.status_code == 200


def test_missing_migrations_are_not_ready(site: Site) -> None:
    assert not answers_ready_after(site, "UPDATE alembic_version SET version_num = '0001'")
    assert site.client().get("/readyz").text == "not ready: migrations\n"


def test_older_process_stays_ready(site: Site) -> None:
    """While new ones take their places, one after another, on a database that is theirs already."""
    assert answers_ready_after(site, "UPDATE alembic_version SET version_num = '9999'")


@only_sqlite
def test_readiness_is_asked_seldom(site: Site) -> None:
    """However often somebody asks, the database is not."""
    client = site.client()
    assert client.get("/readyz").status_code == 200
    with site.writing() as session:
        session.execute(text("DELETE FROM alembic_version"))

    assert {client.get("/readyz").status_code for _ in range(5)} == {200}
    site.clock.forward(seconds=1)
    assert client.get("/readyz").status_code == 503


def test_figures_need_no_full_tables(site: Site) -> None:
    migrate(site.database)
    assert figures(site.database, site.clock.now).comments_pending == 0


# Ids


@only_sqlite
def test_proxies_name_requests(watched: Site) -> None:
    answer = watched.client().get("/sign-in", headers={"X-Request-Id": "proxy-7.1"})
    assert answer.headers["x-request-id"] == "proxy-7.1"


@only_sqlite
def test_strange_ids_are_not_taken(watched: Site) -> None:
    for strange in ("a b", "x", "a" * 65, "line\tfeed", "é" * 8):
        answer = watched.client().get("/sign-in", headers={"X-Request-Id": strange.encode()})
        assert len(answer.headers["x-request-id"]) == 12


@only_sqlite
def test_strangers_name_nothing(site: Site) -> None:
    answer: httpx.Response = site.client().get("/sign-in", headers={"X-Request-Id": "visitor-7"})
    assert answer.headers["x-request-id"] != "visitor-7"
