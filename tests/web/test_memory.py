"""Public pages come from memory, exactly as they would be made now, and the same for everyone."""

import gzip
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

import brotli
import httpx
import pytest
from conftest import KINDS
from friends import Site, comment_on, decide, form, statements_of
from sqlalchemy import text

from agora.web import encodings
from agora.web.memory import PARAMETERS, Memory

only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
PLAIN = {"Accept-Encoding": "identity"}


def memory_of(site: Site) -> Memory:
    assert isinstance(site.app, Memory)
    return site.app


def pages_made(site: Site) -> AbstractContextManager[list[str]]:
    """The transactions in which pages were made while the block ran: each asks for the versions once."""
    return statements_of(site, "FROM versions")


def test_second_reader_is_served_from_memory(site: Site) -> None:
    path = f"/posts/{site.post().slug}"
    with pages_made(site) as made:
        first, second = site.client().get(path, headers=PLAIN), site.client().get(path, headers=PLAIN)

    assert first.status_code == second.status_code == 200
    assert first.content == second.content
    assert "The garden" in first.text
    assert len(made) == 1


def test_waiting_comment_makes_nothing_anew(site: Site) -> None:
    post = site.post(moderation="pre")
    paths = [f"/posts/{post.slug}", "/", "/feed.atom", "/comments.atom", "/moderation/log"]
    for path in paths:
        site.client().get(path)
    with pages_made(site) as made:
        assert comment_on(site.client(), post).status_code == 303
        for path in paths:
            assert "A fine garden." not in site.client().get(path).text
    assert made == []


def test_decision_elsewhere_is_seen_at_once(site: Site) -> None:
    """Another process writes; this one is not told, and looks."""
    post = site.post()
    client = site.client()
    path = f"/posts/{post.slug}"
    for n in range(5):
        assert f"Thought {n}." not in client.get(path).text
        site.published(post, f"Thought {n}.")
        assert f"Thought {n}." in client.get(path).text


def test_other_posts_stay_in_memory(site: Site) -> None:
    garden, library = site.post("The garden"), site.post("The library")
    for post in (garden, library):
        site.client().get(f"/posts/{post.slug}")
    site.published(garden)
    with pages_made(site) as made:
        site.client().get(f"/posts/{library.slug}")
        assert made == []
        site.client().get(f"/posts/{garden.slug}")
        assert len(made) == 1


@only_sqlite
def test_nothing_of_a_visitor_is_kept(site: Site) -> None:
    """The first reader says all sorts of things; the next one gets what somebody who says nothing gets."""
    path = f"/posts/{site.post().slug}"
    told = {"Accept-Language": "de", "User-Agent": "Spy/1", "Referer": "https://spy.example", "Cookie": "agora=spy"}
    told |= {"X-Forwarded-For": "203.0.113.9", "If-None-Match": '"spy"', "Range": "bytes=0-9", "Origin": "null"}
    first = site.client().get(path, params={"utm_source": "spy"}, headers=told | PLAIN)
    site.post("Another")  # everything is made anew
    plain = site.client().get(path, headers=PLAIN)

    assert first.status_code == plain.status_code == 200
    assert first.text == plain.text
    assert "spy" not in (first.text + str(first.headers)).lower()
    assert "set-cookie" not in plain.headers


@only_sqlite
def test_page_of_a_session_is_kept_from_others(site: Site) -> None:
    path = f"/posts/{site.post().slug}"
    maud = site.client_of(site.maud())
    site.client().get(path)

    own, public = maud.get(path), site.client().get(path)

    assert "You are signed in" in own.text
    assert own.headers["Cache-Control"] == "private, no-store"
    assert "You are signed in" not in public.text
    assert "content-encoding" not in own.headers


@only_sqlite
def test_what_is_not_part_of_the_page_is_not_asked(site: Site) -> None:
    site.post()
    site.client().get("/")
    with pages_made(site) as made:
        for query in ("?utm_source=letter&fbclid=1", "?" + "x" * 5000, "?&&=;%00%ff", "?page"):
            assert site.client().get("/" + query).status_code == 200
    assert made == []
    assert site.client().get("/?page=99").status_code == 404
    assert "page" in PARAMETERS


@only_sqlite
def test_question_mark_in_a_path_is_no_query(site: Site) -> None:
    post = site.post()
    assert site.client().get(f"/posts/{post.slug}?page=1").status_code == 200
    assert site.client().get(f"/posts/{post.slug}%3Fpage=1").status_code == 404


@only_sqlite
@pytest.mark.parametrize(
    ("accepted", "encoding", "decode"),
    [
        ("gzip, deflate, br, zstd", "br", brotli.decompress),
        ("gzip;q=0.8, br;q=0", "gzip", gzip.decompress),
        ("*", "br", brotli.decompress),
        ("deflate", None, bytes),
        ("", None, bytes),
        ("gzip;q=nonsense", None, bytes),
    ],
)
def test_page_travels_as_the_browser_takes_it(
    site: Site, accepted: str, encoding: str | None, decode: Callable[[bytes], bytes]
) -> None:
    path = f"/posts/{site.post().slug}"
    plain = site.client().get(path, headers=PLAIN).content
    with site.client().stream("GET", path, headers={"Accept-Encoding": accepted}) as answer:
        raw = b"".join(answer.iter_raw())

    assert answer.headers.get("content-encoding") == encoding
    assert {word.strip() for word in answer.headers["vary"].split(",")} == {"Accept-Encoding", "Cookie"}
    assert int(answer.headers["content-length"]) == len(raw)
    assert decode(raw) == plain


@only_sqlite
def test_each_form_has_its_validator(site: Site) -> None:
    post = site.post()
    path = f"/posts/{post.slug}"
    etags = [
        site.client().get(path, headers={"Accept-Encoding": encoding}).headers["etag"]
        for encoding in ("identity", "gzip", "br")
    ]
    assert len(set(etags)) == 3

    for etag in [*etags, f'"other", W/{etags[1]}', "*"]:
        again = site.client().get(path, headers={"If-None-Match": etag})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] in etags
        assert again.headers["cache-control"]
    site.published(post)
    for etag in etags:
        assert site.client().get(path, headers={"If-None-Match": etag}).status_code == 200


@only_sqlite
def test_feed_answers_to_dates(site: Site) -> None:
    site.post()
    client = site.client()
    changed = client.get("/feed.atom").headers["last-modified"]
    assert client.get("/feed.atom", headers={"If-Modified-Since": changed}).status_code == 304
    for wrong in ("yesterday", "Thu, 01 Jan 1970 00:00:00 GMT", "Thu, 99 Jan 2026 00:00:00 GMT"):
        assert client.get("/feed.atom", headers={"If-Modified-Since": wrong}).status_code == 200


@only_sqlite
@pytest.mark.parametrize(
    ("path", "keys"),
    [("/", {"site", "comments"}), ("/posts/the-garden", {"site", "post-1"}), ("/moderation/log", {"site", "log"})],
)
def test_networks_are_told_what_a_page_shows(site: Site, path: str, keys: set[str]) -> None:
    site.post()
    assert set(site.client().get(path).headers["surrogate-key"].split()) == keys


@only_sqlite
def test_head_has_the_headers_alone(site: Site) -> None:
    path = f"/posts/{site.post().slug}"
    for _ in range(2):
        head, get = site.client().head(path, headers=PLAIN), site.client().get(path, headers=PLAIN)
        assert head.content == b""
        same = ("etag", "content-length", "content-type", "content-security-policy", "vary")
        assert [head.headers[name] for name in same] == [get.headers[name] for name in same]


def test_crowd_waits_for_one_page(site: Site) -> None:
    path = f"/posts/{site.post().slug}"
    clients = [site.client() for _ in range(12)]
    for client in clients:
        client.get("/healthz")
    with pages_made(site) as made, ThreadPoolExecutor(12) as crowd:
        answers = list(crowd.map(lambda client: client.get(path), clients))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert len(made) == 1


@only_sqlite
def test_crowd_waits_for_one_compression(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    path, encode, made = f"/posts/{site.post().slug}", encodings.encode, []

    def overheard(encoding: str, body: bytes) -> bytes:
        made.append(encoding)
        return encode(encoding, body)

    monkeypatch.setattr(encodings, "encode", overheard)
    clients = [site.client() for _ in range(12)]
    for client in clients:
        client.get(path, headers=PLAIN)
    with ThreadPoolExecutor(12) as crowd:
        answers = list(crowd.map(lambda client: client.get(path, headers={"Accept-Encoding": "br"}), clients))
    assert {answer.headers["content-encoding"] for answer in answers} == {"br"}
    assert made == ["br"]


@only_sqlite
def test_memory_is_bounded(database_url: str, tmp_path: Path) -> None:
    with Site(database_url, tmp_path / "data", page_memory="1", posts_per_page="1") as site:
        body = "\n\n".join(f"Paragraph {n} of a long text about gardens." for n in range(1500))
        for n in range(12):
            site.post(f"Post {n}", body=body)
        client = site.client()
        for n in range(12):
            assert client.get(f"/posts/post-{n}").status_code == 200
        memory = memory_of(site)
        assert memory.figures.evicted > 0
        assert 1 <= memory.entries < 12
        assert memory.size <= 1024 * 1024


@only_sqlite
def test_no_memory_is_a_choice(database_url: str, tmp_path: Path) -> None:
    with Site(database_url, tmp_path / "data", page_memory="0") as site:
        path = f"/posts/{site.post().slug}"
        with pages_made(site) as made:
            for _ in range(2):
                assert site.client().get(path).status_code == 200
        assert not isinstance(site.app, Memory)
        assert made == []


def test_page_is_made_anew_within_the_hour(site: Site) -> None:
    """Its form carries the token of a day, which must be good for long after it was sent out."""
    post = site.post()
    site.client().get(f"/posts/{post.slug}")
    for span in ({"minutes": 61}, {"days": -2}):
        site.clock.forward(**span)
        with pages_made(site) as made:
            page = site.client().get(f"/posts/{post.slug}")
        assert len(made) == 1
        sent = form(page, "comment-form") | {"name": "Bob", "email": "bob@example.org", "body": str(span)}
        assert site.client().post(f"/posts/{post.slug}/comments", data=sent).status_code == 303


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_lost_connection_is_made_anew(site: Site) -> None:
    post = site.post()
    path = f"/posts/{post.slug}"
    client = site.client()
    client.get(path)
    for n in range(3):
        with site.database.write() as session:
            others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            session.execute(text(f"{others} AND datname = current_database()"))
        site.published(post, f"Thought {n}.")
        assert f"Thought {n}." in client.get(path).text


# Whatever is done, memory shows what a process without memory shows.

PUBLIC = ["/", "/?page=2", "/archive", "/authors", "/charter", "/moderation/log", "/sitemap.xml", "/tags/moss"]
PUBLIC += ["/feed.atom", "/comments.atom", "/tags/moss/feed.atom", "/authors/ines", "/authors/ines/feed.atom"]
PUBLIC += ["/posts/garden", "/posts/garden?page=2", "/posts/garden/comments.atom", "/posts/library", "/posts/shed"]


class Life:
    """What happens on a site, done by people through its pages."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.ada = site.client_of(site.ada())
        self.garden = site.post("Garden", tags=["moss"])
        self.library = site.post("Library", tags=["moss"])
        self.first = site.published(self.garden, "The first thought.")

    def save(self, path: str, form_id: str, **fields: str) -> None:
        answer = self.ada.post(path, data=form(self.ada.get(path), form_id) | fields)
        assert answer.status_code == 303, answer.text

    def edit_post(self) -> None:
        self.save(f"/admin/posts/{self.garden.id}", "post-form", body="Another **text**.", title="Garden, again")

    def close_discussion(self) -> None:
        self.save(f"/admin/posts/{self.garden.id}", "post-form", discussion="closed")

    def unpublish(self) -> None:
        self.save(f"/admin/posts/{self.library.id}", "post-form", action="unpublish")

    def publish(self) -> None:
        self.save("/admin/posts/new", "post-form", title="Shed", body="A shed.", action="publish")

    def make_byline(self) -> None:
        self.save("/admin/bylines/new", "byline-form", name="Inès", slug="ines", bio="Writes.")

    def sign_post(self) -> None:
        path = f"/admin/posts/{self.garden.id}"
        fields = form(self.ada.get(path), "post-form")
        assert self.ada.post(path, data=fields | {"bylines": "1"}).status_code == 303

    def change_byline(self) -> None:
        self.save("/admin/bylines/1", "byline-form", name="Inès Caradec", bio="Writes *more*.")

    def comment(self) -> None:
        self.site.published(self.garden, "A second thought.")

    def hide(self) -> None:
        assert decide(self.ada, self.first, "hide", state="published", reason="1").status_code == 303

    def restore(self) -> None:
        assert decide(self.ada, self.first, "restore", state="hidden").status_code == 303

    def reject(self) -> None:
        waiting = self.site.waiting(self.garden, "Buy!", email="eve@example.org")
        assert decide(self.ada, waiting, "reject", reason="1").status_code == 303

    def rename_site(self) -> None:
        self.save("/admin/settings", "settings-form", title="Another name")

    def rewrite_charter(self) -> None:
        self.save("/admin/charter", "charter-form", body="Be kind.\n\n## Kindness\n\nSay it gently.\n")


DEEDS = ["edit_post", "publish", "make_byline", "sign_post", "change_byline", "comment", "hide", "restore", "reject"]
DEEDS += ["rename_site", "rewrite_charter", "close_discussion", "unpublish"]


@pytest.mark.parametrize("database_url", KINDS, indirect=True)
def test_memory_shows_what_is_true(database_url: str, tmp_path: Path) -> None:
    with Site(database_url, tmp_path / "data") as site:
        life = Life(site)
        with Site(database_url, tmp_path / "fresh", page_memory="0", base_url=site.base_url) as fresh:
            fresh.clock = site.clock
            remembering, forgetful = site.client(headers=PLAIN), fresh.client(headers=PLAIN)
            changed: dict[str, list[str]] = {}
            for deed in [None, *DEEDS]:
                before = {path: shown(remembering, path) for path in PUBLIC}
                if deed:
                    getattr(life, deed)()
                after = {path: shown(remembering, path) for path in PUBLIC}
                assert after == {path: shown(forgetful, path) for path in PUBLIC}, deed
                changed[str(deed)] = [path for path in PUBLIC if before[path] != after[path]]
    assert changed.pop("None") == []
    assert all(changed.values()), changed  # each deed was seen somewhere, or it would prove nothing


def shown(client: httpx.Client, path: str) -> tuple[int, str]:
    answer = client.get(path)
    return answer.status_code, answer.text if answer.status_code == 200 else ""
