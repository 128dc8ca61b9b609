"""The worker loses no letter and sends none twice, whatever mood the mail server is in; and no page waits for it."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import httpx
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope
from friends import Site, comment_id_of, comment_on, decide
from servers import HOST, free_port
from servers.smtp import SmtpServer
from sqlalchemy import delete, select, update

from agora.actions import people as people_actions
from agora.app import new_worker
from agora.jobs import mail, worker
from agora.rules.permissions import Role
from agora.store import events
from agora.store.events import CLAIM, Delivery, DeliveryState
from agora.store.people import Person
from agora.store.posts import Post

only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def deliveries(site: Site) -> list[Delivery]:
    with site.database.read() as session:
        found = list(session.scalars(select(Delivery).order_by(Delivery.id)))
        session.expunge_all()
        return found


def states(site: Site) -> list[DeliveryState]:
    return [delivery.state for delivery in deliveries(site)]


def ask_for_letters(site: Site, count: int) -> None:
    """As many comments, each of which is due a letter to its writer."""
    post = site.post(moderation="post")
    for n in range(count):
        comment_on(site.client(), post, f"Thought {n}.", email=f"reader{n}@example.org", letters="yes")


def recipients(post_office: SmtpServer) -> list[str]:
    return [recipient for envelope in post_office.envelopes for recipient in envelope.rcpt_tos]


# A mail server in a bad mood


@only_sqlite
def test_absent_server_delays_letters(posted_site: Site, post_office: SmtpServer) -> None:
    ask_for_letters(posted_site, 2)
    post_office.stop()

    assert posted_site.deliver() == 0
    assert states(posted_site) == [DeliveryState.WAITING] * 2

    post_office.start()
    posted_site.clock.forward(minutes=1)
    assert posted_site.deliver() == 2
    assert sorted(recipients(post_office)) == ["reader0@example.org", "reader1@example.org"]


@only_sqlite
def test_refusing_server_delays_letters(posted_site: Site, post_office: SmtpServer) -> None:
    ask_for_letters(posted_site, 1)
    post_office.refuse_all = True

    assert posted_site.deliver() == 0
    assert "451" in deliveries(posted_site)[0].trouble

    post_office.refuse_all = False
    posted_site.clock.forward(minutes=1)
    assert posted_site.deliver() == 1
    assert deliveries(posted_site)[0].trouble == ""


@only_sqlite
def test_frozen_server_delays_letters(
    posted_site: Site, post_office: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask_for_letters(posted_site, 1)
    monkeypatch.setattr(mail, "TIMEOUT", 0.2)
    post_office.freeze()

    assert posted_site.deliver() == 0
    assert states(posted_site) == [DeliveryState.WAITING]

    post_office.thaw()
    posted_site.clock.forward(minutes=1)
    assert posted_site.deliver() == 1


@only_sqlite
def test_absent_server_is_asked_once(posted_site: Site, post_office: SmtpServer) -> None:
    """Not once for each of a thousand letters."""
    ask_for_letters(posted_site, 3)
    post_office.stop()

    posted_site.deliver()

    assert [delivery.attempts for delivery in deliveries(posted_site)] == [1, 0, 0]


@only_sqlite
def test_attempts_become_rarer(posted_site: Site, post_office: SmtpServer) -> None:
    ask_for_letters(posted_site, 1)
    post_office.refuse_all = True
    posted_site.deliver()

    for attempt, wait in enumerate((*worker.RETRY, worker.RETRY[-1]), start=1):
        posted_site.clock.now += wait - timedelta(seconds=1)
        posted_site.deliver()
        assert deliveries(posted_site)[0].attempts == attempt
        posted_site.clock.forward(seconds=1)
        posted_site.deliver()
        assert deliveries(posted_site)[0].attempts == attempt + 1

    post_office.refuse_all = False
    posted_site.clock.now += worker.RETRY[-1]
    assert posted_site.deliver() == 1


@only_sqlite
def test_unknown_recipient_stops_nobody(posted_site: Site, post_office: SmtpServer) -> None:
    ask_for_letters(posted_site, 3)
    post_office.reject_recipient("reader0@example.org")

    assert posted_site.deliver() == 2

    failed, *others = deliveries(posted_site)
    assert failed.state is DeliveryState.FAILED
    assert "550" in failed.trouble
    assert "reader0" not in failed.trouble
    assert [delivery.state for delivery in others] == [DeliveryState.DONE] * 2
    posted_site.clock.forward(days=3)
    assert posted_site.deliver() == 0


@only_sqlite
def test_unwritable_letter_stops_nobody(posted_site: Site, post_office: SmtpServer) -> None:
    """A letter that this version does not know waits for one that does."""
    ask_for_letters(posted_site, 2)
    with posted_site.writing() as session:
        session.execute(update(Delivery).where(Delivery.id == 1).values(letter="from-the-future"))

    assert posted_site.deliver() == 1
    assert states(posted_site) == [DeliveryState.WAITING, DeliveryState.DONE]

    with posted_site.writing() as session:
        session.execute(update(Delivery).where(Delivery.id == 1).values(letter="comment-received"))
    posted_site.clock.forward(minutes=1)
    assert posted_site.deliver() == 1


class StrictServer:
    """A mail server that knows no accents in addresses (RFC 6531) and dislikes some letters for good."""

    def __init__(self) -> None:
        self.recipients: list[str] = []

    async def handle_DATA(self, _server: object, _session: object, envelope: Envelope) -> str:  # noqa: N802
        if b"Buy" in (envelope.original_content or b""):
            return "554 5.7.1 We do not carry advertising"
        self.recipients += envelope.rcpt_tos
        return "250 2.0.0 Accepted"


@pytest.fixture
def strict_site(database_url: str, tmp_path: Path) -> Iterator[tuple[Site, StrictServer]]:
    server, port = StrictServer(), free_port()
    controller = Controller(server, hostname=HOST, port=port, enable_SMTPUTF8=False)
    controller.start()
    with Site(database_url, tmp_path / "data", mail_url=f"smtp://{HOST}:{port}") as site:
        yield site, server
    controller.stop()


@only_sqlite
@pytest.mark.parametrize(
    ("title", "email"), [("Buy", "bob@example.org"), ("The garden", "été@example.org")], ids=["text", "address"]
)
def test_unwanted_letter_stops_nobody(strict_site: tuple[Site, StrictServer], title: str, email: str) -> None:
    site, server = strict_site
    comment_on(site.client(), site.post(title), email=email, letters="yes")
    comment_on(site.client(), site.post("Another"), email="carol@example.org", letters="yes")

    assert site.deliver() == 1

    assert states(site) == [DeliveryState.FAILED, DeliveryState.DONE]
    assert server.recipients == ["carol@example.org"]
    site.clock.forward(days=3)
    assert site.deliver() == 0


# Pages do not wait


@pytest.fixture
def living_site(
    database_url: str, tmp_path: Path, post_office: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Site]:
    """A site whose own worker sends the letters, and looks for them only when it is called."""
    monkeypatch.setattr(worker, "IDLE", 3600)
    with Site(database_url, tmp_path / "data", mail_url=post_office.url, inner_worker="on") as served:
        yield served


def test_letters_leave_when_called(living_site: Site, post_office: SmtpServer) -> None:
    comment_on(living_site.client(), living_site.post(), letters="yes")

    (letter,) = post_office.wait_for(1)
    assert letter["To"] == "bob@example.org"


def test_frozen_mail_holds_no_page(living_site: Site, post_office: SmtpServer) -> None:
    post, client = living_site.post(moderation="post"), living_site.client()
    client.timeout = httpx.Timeout(mail.TIMEOUT / 2)
    post_office.freeze()

    for n in range(3):
        answer = comment_on(client, post, f"Thought {n}.", letters="yes")
        assert answer.status_code == 303
        assert f"Thought {n}." in client.get(f"/posts/{post.slug}").text

    assert post_office.letters == []
    post_office.thaw()
    assert len(post_office.wait_for(3)) == 3


@only_sqlite
def test_uncalled_worker_looks_itself(
    posted_site: Site, post_office: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For what other processes left in the table."""
    monkeypatch.setattr(worker, "IDLE", 0.01)
    alone = new_worker(posted_site.settings, posted_site.database, clock=posted_site.clock)
    alone.start()

    ask_for_letters(posted_site, 1)

    assert len(post_office.wait_for(1)) == 1
    alone.stop()


# Several workers, and dying ones


def test_two_workers_send_each_once(posted_site: Site, post_office: SmtpServer) -> None:
    ask_for_letters(posted_site, 12)
    start = Barrier(2)

    def work(_: int) -> int:
        colleague = new_worker(posted_site.settings, posted_site.database, clock=posted_site.clock)
        start.wait()
        return colleague.work()

    with ThreadPoolExecutor(2) as threads:
        sent = list(threads.map(work, range(2)))

    assert sum(sent) == 12
    assert sorted(recipients(post_office)) == sorted(f"reader{n}@example.org" for n in range(12))
    assert set(states(posted_site)) == {DeliveryState.DONE}


def test_dead_workers_letter_is_taken_over(posted_site: Site, post_office: SmtpServer) -> None:
    ask_for_letters(posted_site, 1)
    with posted_site.writing() as session:
        ((delivery_id, attempts),) = events.deliveries_due(session, posted_site.clock.now, size=9)
        assert events.claim(session, delivery_id, attempts, posted_site.clock.now)

    posted_site.clock.now += CLAIM - timedelta(seconds=1)
    assert posted_site.deliver() == 0
    posted_site.clock.forward(seconds=1)
    assert posted_site.deliver() == 1
    assert recipients(post_office) == ["reader0@example.org"]


def test_claimed_letter_is_not_claimed_again(posted_site: Site) -> None:
    ask_for_letters(posted_site, 1)
    now = posted_site.clock.now
    with posted_site.writing() as session:
        ((delivery_id, attempts),) = events.deliveries_due(session, now, size=9)
        claims = [events.claim(session, delivery_id, attempts, now) for _ in range(3)]
    assert claims == [True, False, False]


# Letters that nobody needs any more


def decide_meanwhile(site: Site, comment_id: int) -> None:
    decide(site.client_of(site.person("Max", Role.MODERATOR)), comment_id, "approve")


def close_account(site: Site, comment_id: int) -> None:
    with site.writing() as session:
        session.execute(update(Person).values(closed_at=site.clock.now))


def remove_post(site: Site, comment_id: int) -> None:
    with site.writing() as session:
        session.execute(delete(Post))


@only_sqlite
@pytest.mark.parametrize("change", [decide_meanwhile, close_account])
def test_settled_case_calls_nobody(
    posted_site: Site, post_office: SmtpServer, change: Callable[[Site, int], None]
) -> None:
    posted_site.maud()
    comment_id = comment_id_of(posted_site, comment_on(posted_site.client(), posted_site.post()))

    change(posted_site, comment_id)

    assert posted_site.deliver() == 0
    assert post_office.letters == []
    (settled,) = deliveries(posted_site)
    assert (settled.state, settled.trouble) == (DeliveryState.DONE, "no longer needed")


@only_sqlite
def test_removed_post_takes_letters_along(posted_site: Site, post_office: SmtpServer) -> None:
    ask_for_letters(posted_site, 1)

    remove_post(posted_site, 1)

    assert posted_site.deliver() == 0
    assert deliveries(posted_site) == []


@only_sqlite
def test_used_link_is_not_sent(posted_site: Site, post_office: SmtpServer) -> None:
    maud = posted_site.maud()
    posted_site.client().post("/sign-in", data={"email": maud.email})
    with posted_site.writing() as session:
        people_actions.use_sign_in_link(session, 1, now=posted_site.clock.now)

    assert posted_site.deliver() == 0
    assert post_office.letters == []


# Letters as files


@only_sqlite
def test_letters_become_files(site: Site) -> None:
    ask_for_letters(site, 2)

    assert site.deliver() == 2

    assert [letter["To"] for letter in site.letters()] == ["reader0@example.org", "reader1@example.org"]
    assert {path.suffix for path in (site.settings.data_dir / "letters").iterdir()} == {".eml"}


@only_sqlite
def test_unwritable_folder_delays_letters(site: Site) -> None:
    ask_for_letters(site, 1)
    in_the_way = site.settings.data_dir / "letters"
    in_the_way.write_text("not a folder")

    assert site.deliver() == 0
    assert states(site) == [DeliveryState.WAITING]

    in_the_way.unlink()
    site.clock.forward(minutes=1)
    assert site.deliver() == 1
    assert len(site.letters()) == 1


@only_sqlite
def test_half_written_file_is_no_letter(site: Site) -> None:
    """What a worker left that died while it wrote."""
    ask_for_letters(site, 1)
    folder = site.settings.data_dir / "letters"
    folder.mkdir()
    (folder / f".{1:08}.part").write_bytes(b"Subject: half a let")

    assert site.letters() == []
    assert site.deliver() == 1
    assert [letter["To"] for letter in site.letters()] == ["reader0@example.org"]
    assert [path.name for path in folder.iterdir()] == [f"{1:08}.eml"]
