"""kill -9 at any moment, of the server or of its database: what was acknowledged is there, once, and whole."""

import random
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from cli import Serving
from conftest import _prepared
from friends import form, write_post
from servers.postgres import PostgresServer
from sqlalchemy import func, select, text

from agora.app import clock
from agora.rules.moderation import State
from agora.store import posts
from agora.store.comments import Comment, CommentRevision
from agora.store.database import Database
from agora.store.events import Delivery, Event
from agora.store.people import Person
from agora.store.posts import Post

ROUNDS, READERS = 5, 4
# Each reader sends this many comments in a round, if nobody pulls the plug.
PATIENCE = 40
SETTINGS = {"rate_limits": "off", "inner_worker": "off"}


@dataclass
class Ledger:
    """What readers sent, and which of it was acknowledged. Whatever was not is sent again after the fault."""

    served: Serving
    post: Post
    acknowledged: set[str] = field(default_factory=set)
    unanswered: set[str] = field(default_factory=set)
    _sent: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    enough: threading.Event = field(default_factory=threading.Event)  # set once this round's blow may fall
    _until: int = 0

    def round(self, blow: Callable[[], None]) -> None:
        """Readers write while the blow falls, after a few acknowledgements of this round."""
        self.enough.clear()
        self._until = len(self.acknowledged) + random.randint(1, 12)
        form_fields = self._form()
        readers = [threading.Thread(target=self._read_and_write, args=(form_fields,)) for _ in range(READERS)]
        for reader in readers:
            reader.start()
        assert self.enough.wait(60), self.served.log
        blow()
        for reader in readers:
            reader.join(60)

    def send_again(self) -> None:
        """What a reader does whose browser said that the site did not answer: the same form once more."""
        form_fields = self._form()
        with self.served.client() as client:
            for body in sorted(self.unanswered):
                assert self._send(client, form_fields, body) == 303
        self.unanswered.clear()

    def _form(self) -> dict[str, str]:
        with self.served.client() as client:
            return form(client.get(f"/posts/{self.post.slug}"), "comment-form")

    def _read_and_write(self, form_fields: dict[str, str]) -> None:
        with self.served.client() as client:
            for _ in range(PATIENCE):
                body = self._next_body()
                try:
                    if self._send(client, form_fields, body) != 303:
                        return
                except httpx.TransportError:
                    return

    def _next_body(self) -> str:
        with self._lock:
            self._sent += 1
            body = f"Thought number {self._sent}."
            self.unanswered.add(body)
            return body

    def _send(self, client: httpx.Client, form_fields: dict[str, str], body: str) -> int:
        number = body.strip(".").rsplit(" ", 1)[1]
        sent = form_fields | {"name": "Bob", "email": f"reader{number}@example.org", "body": body, "letters": "yes"}
        status = client.post(f"/posts/{self.post.slug}/comments", data=sent).status_code
        if status == 303:
            with self._lock:
                self.unanswered.discard(body)
                self.acknowledged.add(body)
                if len(self.acknowledged) >= self._until:
                    self.enough.set()
        return status


def prepare(database: Database) -> Post:
    """A post whose comments appear at once, and a moderator who gets no letters."""
    with database.write() as session:
        person = Person(name="Maud", email="m@example.org", role="moderator", language="en", created_at=clock())
        session.add(person)
        return write_post(session, now=clock(), moderation="post")


def assert_all_is_there(database: Database, ledger: Ledger) -> None:
    """Every acknowledged comment, with its text, its event, its letter and its place in the counts."""
    with database.read() as session:
        stored = session.execute(
            select(CommentRevision.body, Comment.id, Comment.state, Comment.revision_id).join(
                Comment, Comment.revision_id == CommentRevision.id
            )
        ).all()
        bodies = [row.body for row in stored]
        assert sorted(bodies) == sorted(set(bodies)), "a comment is there twice"
        assert ledger.acknowledged <= set(bodies), "an acknowledged comment is lost"
        assert set(bodies) <= ledger.acknowledged | ledger.unanswered
        ids = {row.id for row in stored}
        assert {row.state for row in stored} == {State.PUBLISHED}
        for table, kind in ((Event, Event.kind == "comment.posted"), (CommentRevision, text("1 = 1"))):
            assert sorted(session.scalars(select(table.comment_id).where(kind))) == sorted(ids)
        assert session.scalar(select(func.count(Comment.id))) == len(ids)
        assert session.scalar(select(func.count(Delivery.id))) == len(ids)
        assert session.get_one(Post, ledger.post.id).comment_count == len(ids)
        assert posts.wrong_counts(session) == 0
        if database.is_sqlite:
            assert session.scalars(text("PRAGMA integrity_check")).all() == ["ok"]
            assert session.execute(text("PRAGMA foreign_key_check")).all() == []


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


def test_killed_server_loses_nothing(database: Database, database_url: str, tmp_path: Path) -> None:
    post = prepare(database)
    with Serving(tmp_path, database_url=database_url, **SETTINGS) as served:
        ledger = Ledger(served, post)
        for _ in range(ROUNDS):
            ledger.round(blow=served.kill)
            assert_all_is_there(database, ledger)
            served.start()
            ledger.send_again()
            assert_all_is_there(database, ledger)
        assert served.end(signal.SIGINT) in {0, 130}
        assert "Traceback" not in served.log
    assert len(ledger.acknowledged) >= ROUNDS


def test_killed_processes_lose_nothing(database: Database, database_url: str, tmp_path: Path) -> None:
    """Two of them at work, on one database."""
    post = prepare(database)
    with Serving(tmp_path, "--workers", "2", database_url=database_url, **SETTINGS) as served:
        ledger = Ledger(served, post)
        for _ in range(2):
            ledger.round(blow=served.kill)
            served.start()
            ledger.send_again()
            assert_all_is_there(database, ledger)


@pytest.fixture(scope="module")
def durable_postgres() -> Iterator[PostgresServer]:
    """A server that writes to its disk before it answers."""
    with PostgresServer(fsync=True) as server:
        yield server


def test_killed_postgres_loses_nothing(durable_postgres: PostgresServer, tmp_path: Path) -> None:
    """And the site, which keeps running, is back by itself when its database is."""
    url = _prepared(durable_postgres.create_database("storm"), tmp_path)
    before = Database(url)
    post = prepare(before)
    before.close()
    with Serving(tmp_path, database_url=url, **SETTINGS) as served:
        ledger = Ledger(served, post)
        for _ in range(3):
            ledger.round(blow=durable_postgres.kill)
            with served.client() as client:
                away = client.get(f"/posts/{post.slug}")
                assert (away.status_code, away.headers["retry-after"]) == (503, "60")
                assert "Please try again" in away.text
            durable_postgres.start()
            ledger.send_again()
            database = Database(url)
            assert_all_is_there(database, ledger)
            database.close()
        assert "Traceback" not in served.log


def test_letters_outlive_the_server(database: Database, database_url: str, tmp_path: Path) -> None:
    """Killed while its worker sends them: all arrive, and what arrives twice is recognisable."""
    post = prepare(database)
    with Serving(tmp_path, database_url=database_url, rate_limits="off") as served:
        ledger = Ledger(served, post)
        ledger.round(blow=served.kill)
        served.start()
        ledger.send_again()
        served.kill()
    with database.write() as session:  # five minutes later, a dead worker's letters are due again
        session.execute(text("UPDATE deliveries SET due_at = '2026-01-01' WHERE state = 'waiting'"))

    with Serving(tmp_path, database_url=database_url, rate_limits="off") as served:
        wait_until_sent(database)

    written = {path.stem for path in (tmp_path / "var" / "letters").glob("*.eml")}
    assert len(written) == len(ledger.acknowledged)


def wait_until_sent(database: Database) -> None:
    """Look at the table until no letter waits any more."""
    looked = threading.Event()
    for _ in range(600):
        with database.read() as session:
            if not session.scalar(select(func.count(Delivery.id)).where(Delivery.state == "waiting")):
                return
        looked.wait(0.05)
    raise TimeoutError("letters still wait")
