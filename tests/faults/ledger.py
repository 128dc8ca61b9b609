"""Readers who write without pause while something breaks, and the book of what was promised to them."""

import random
import re
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx
from friends import form, write_post
from sqlalchemy import func, select, text

from agora.app import clock
from agora.rules.moderation import State
from agora.store import counts
from agora.store.comments import Comment, CommentRevision
from agora.store.database import Database
from agora.store.events import Delivery, Event
from agora.store.people import Person
from agora.store.posts import Post

READERS = 4
PATIENCE = 90  # seconds until somebody must be answered, on a machine that is busy with other things
NO_ANSWER = "none"
THOUGHT = re.compile(r"Thought number \d+\.")
# What the bench asks of a site: one source sends everything, and all of it is shown.
SETTINGS = {"rate_limits": "off", "threads_per_page": "500"}


@dataclass
class Outcome:
    """One line of the table that `make faults` prints."""

    scenario: str
    acknowledged: int = 0
    lost: int = 0
    twice: int = 0
    answers: Counter[str] = field(default_factory=Counter)  # all but 303, and those that never came
    back_after: list[float] = field(default_factory=list)  # seconds from the end of each fault to a comment taken


class Ledger:
    """`with Ledger(browser, post) as ledger:` readers write; nothing more is begun after `finish()`.

    A reader sends a form until it is acknowledged: after a 503, and after no answer at all, the same form once more.
    Now and then somebody sends an acknowledged one again. At the end every text was acknowledged.
    """

    def __init__(self, browser: Callable[[], httpx.Client], post: Post) -> None:
        self.post = post
        self.acknowledged: dict[str, str] = {}  # text: which comment it became
        self.answers: Counter[str] = Counter()
        self.rude: list[str] = []
        self._browser = browser
        self._address = f"/posts/{post.slug}/comments"
        self._sent = 0
        self._latest = 0.0  # when the request was sent that was acknowledged last
        self._news = threading.Condition()
        self._finished = threading.Event()
        with browser() as client:
            self._form = form(client.get(f"/posts/{post.slug}"), "comment-form")
        self._readers = [threading.Thread(target=self._write, daemon=True) for _ in range(READERS)]

    def __enter__(self) -> "Ledger":
        for reader in self._readers:
            reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.finish()

    def finish(self) -> None:
        """Begin no new text; every one that was begun is sent until it is acknowledged."""
        self._finished.set()
        for reader in self._readers:
            reader.join(PATIENCE)
        assert not any(reader.is_alive() for reader in self._readers), f"no answer within {PATIENCE} s: {self.answers}"

    def wait_for(self, more: int) -> None:
        """Until so many more comments are acknowledged."""
        with self._news:
            enough = len(self.acknowledged) + more
            came = self._news.wait_for(lambda: len(self.acknowledged) >= enough, PATIENCE)
            assert came, f"no comment is taken any more: {self.answers}"

    def wait_for_refusal(self) -> None:
        """Until one more form is answered with something else than thanks, or not at all."""
        with self._news:
            before = self.answers.total()
            assert self._news.wait_for(lambda: self.answers.total() > before, PATIENCE), "nobody noticed the fault"

    def back_after(self, since: float) -> float:
        """Seconds from `since` (of time.monotonic) until a form is acknowledged that was sent later than that."""
        with self._news:
            came = self._news.wait_for(lambda: self._latest >= since, PATIENCE)
            assert came, f"no comment is taken any more: {self.answers}"
        return time.monotonic() - since

    def _write(self) -> None:
        client = self._browser()
        while not self._finished.is_set():
            body = self._next_body()
            until = time.monotonic() + PATIENCE
            while not self._send(client, body) and time.monotonic() < until:
                if self._finished.wait(0.05):
                    time.sleep(0.05)  # only once everything is over: nobody hammers a site that is down
            if random.random() < 0.1:
                self._send(client, body)
        client.close()

    def _next_body(self) -> str:
        with self._news:
            self._sent += 1
            return f"Thought number {self._sent}."

    def _send(self, client: httpx.Client, body: str) -> bool:
        number = body.strip(".").rsplit(" ", 1)[1]
        sent = self._form | {"name": "Bob", "email": f"reader{number}@example.org", "body": body, "letters": "yes"}
        began = time.monotonic()
        try:
            answer = client.post(self._address, data=sent)
        except httpx.TransportError:
            self._note_refusal(NO_ANSWER)
            return False
        if answer.status_code == 303:
            # Its own page: the signed number of the comment, then when it was signed.
            self._note_acknowledgement(body, answer.headers["location"].rpartition("/")[2].partition(".")[0], began)
            return True
        self._note_refusal(str(answer.status_code))
        if not is_polite(answer):
            self.rude.append(f"{answer.status_code} {dict(answer.headers)} {answer.text[:300]}")
        return False

    def _note_acknowledgement(self, body: str, comment: str, began: float) -> None:
        with self._news:
            if self.acknowledged.setdefault(body, comment) != comment:
                self.rude.append(f"{body} became two comments: {comment} and {self.acknowledged[body]}")
            self._latest = max(self._latest, began)
            self._news.notify_all()

    def _note_refusal(self, status: str) -> None:
        with self._news:
            self.answers[status] += 1
            self._news.notify_all()


def is_polite(answer: httpx.Response) -> bool:
    """A 503 that says when to come back, in a page with a sentence that keeps what was written."""
    if answer.status_code != 503 or "retry-after" not in answer.headers:
        return False
    return "Please try again" in answer.text and "Thought number" in answer.text and "Traceback" not in answer.text


def prepare(database: Database) -> Post:
    """A post whose comments appear at once, and a moderator who gets no letters."""
    with database.write() as session:
        person = Person(name="Maud", email="m@example.org", role="moderator", language="en", created_at=clock())
        session.add(person)
        return write_post(session, now=clock(), moderation="post")


def settle(ledger: Ledger, database: Database, outcome: Outcome) -> None:
    """Close the book: everything acknowledged is there exactly once, in the database and on the public pages."""
    ledger.finish()
    outcome.acknowledged, outcome.answers = len(ledger.acknowledged), ledger.answers
    stored = Counter(texts(database))
    shown = Counter(public_thoughts(ledger))
    outcome.lost = sum(body not in stored or body not in shown for body in ledger.acknowledged)
    outcome.twice = sum(count - 1 for count in (stored | shown).values())
    assert (outcome.lost, outcome.twice) == (0, 0)
    assert set(stored) == set(shown) == set(ledger.acknowledged)
    assert not ledger.rude, ledger.rude[0]
    assert_whole(database, ledger.post, outcome.acknowledged)


def assert_nothing_lost(ledger: Ledger, database: Database) -> None:
    """In the middle of everything: what was acknowledged so far is there, and nothing is there twice."""
    acknowledged = set(ledger.acknowledged)
    stored = Counter(texts(database))
    assert acknowledged - set(stored) == set()
    assert stored.total() == len(stored)


def texts(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.scalars(select(CommentRevision.body)))


def public_thoughts(ledger: Ledger) -> list[str]:
    """Every thought on every page of the discussion."""
    found: list[str] = []
    with ledger._browser() as client:
        for page in range(1, 1000):
            answer = client.get(f"/posts/{ledger.post.slug}", params={"page": page})
            here = THOUGHT.findall(answer.text) if answer.status_code == 200 else []
            if not here:
                break
            found += here
    return found


def assert_whole(database: Database, post: Post, count: int) -> None:
    """Each comment has its text, its event, its letter and its place in the counts."""
    with database.read() as session:
        ids = sorted(session.scalars(select(Comment.id)))
        assert len(ids) == count
        assert set(session.scalars(select(Comment.state))) <= {State.PUBLISHED}
        for table, kind in ((Event, Event.kind == "comment.posted"), (CommentRevision, text("1 = 1"))):
            assert sorted(session.scalars(select(table.comment_id).where(kind))) == ids
        assert session.scalar(select(func.count(Delivery.id))) == count
        assert session.get_one(Post, post.id).comment_count == count
        assert counts.wrong(session) == {}
        if database.is_sqlite:
            assert session.scalars(text("PRAGMA integrity_check")).all() == ["ok"]
            assert session.execute(text("PRAGMA foreign_key_check")).all() == []
