"""Asks a service that speaks as Akismet does whether a comment is spam. docs/spam.md lists what is sent; keep it so."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from agora.actions import opinions
from agora.jobs import http
from agora.logs import facts
from agora.rules.errors import Conflict
from agora.settings import Settings
from agora.store import comments, events
from agora.store.comments import Comment
from agora.store.database import Database
from agora.store.events import Channel, Delivery, DeliveryState

log = logging.getLogger("agora.worker")

# Questions in a row: letters, which the same worker sends, wait for the slow ones among them.
AT_ONCE = 5
# Waiting times after the 1st, 2nd … failure. After the last one the comment goes without a second opinion.
WAITS = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2))
ANSWERS = {b"true": True, b"false": False}
# The service wants one; those that we keep are kept for the courts alone (décret 2021-1362).
NO_ADDRESS = "0.0.0.0"  # noqa: S104 - nothing listens there


@dataclass(frozen=True)
class Question:
    comment_id: int
    version: int
    fields: dict[str, str]


class SecondOpinion:
    def __init__(
        self, settings: Settings, database: Database, clock: Callable[[], datetime], stopped: threading.Event
    ) -> None:
        self._settings = settings
        self._database = database
        self._clock = clock
        self._stopped = stopped
        self._host = urlsplit(settings.akismet_url).hostname or ""
        self._peace_until = clock()

    def ask(self) -> bool:
        """Ask a few of the questions that are due; whether there were any. A service that fails is left in peace."""
        if self._clock() < self._peace_until:
            return False
        with self._database.read() as session:
            due = events.deliveries_due(session, self._clock(), size=AT_ONCE, channel=Channel.SERVICE)
        for delivery_id, attempts in due:
            if self._stopped.is_set():
                return False
            if not self._is_settled(delivery_id, attempts):
                self._peace_until = self._clock() + WAITS[0]
                return False
        return bool(due)

    def _is_settled(self, delivery_id: int, attempts: int) -> bool:
        with self._database.write() as session:
            if not events.claim(session, delivery_id, attempts, self._clock()):
                return True
        if attempts > len(WAITS):  # a mistake of ours each time, which the log tells of
            self._put_off(delivery_id, attempts, "it could not be asked; see the log")
            return True
        with self._database.read() as session:
            question = self._question(session, delivery_id)
        if question is None:
            self._settle(delivery_id, None)
            return True
        try:
            self._settle(delivery_id, question if self._is_spam(question) else None)
        except Conflict:
            pass  # somebody decided in this moment: the question comes up again, and is no longer one
        except (http.Forbidden, http.Unreachable) as error:
            self._put_off(delivery_id, attempts, str(error))
            return False
        return True

    def _question(self, session: Session, delivery_id: int) -> Question | None:
        """What to ask, or None where nobody wants to know any more."""
        delivery = session.get_one(Delivery, delivery_id)
        comment_id = session.get_one(events.Event, delivery.event_id).comment_id
        comment = comments.comment_in_full(session, comment_id) if comment_id else None
        if comment is None or not self._settings.asks_akismet or not opinions.is_open(session, comment):
            return None
        return Question(comment.id, comment.version, self._fields(comment))

    def _fields(self, comment: Comment) -> dict[str, str]:
        """Neither e-mail address nor network nor browser: they would say more of a person than of a text."""
        return {
            "api_key": self._settings.akismet_key,
            "blog": self._settings.base_url,
            "blog_lang": comment.language,
            "blog_charset": "UTF-8",
            "permalink": f"{self._settings.base_url}/posts/{comment.post.slug}",
            "comment_type": "comment",
            "comment_author": comment.name,
            "comment_author_url": comment.website,
            "comment_content": comment.revision.body,
            "user_ip": NO_ADDRESS,
            "user_agent": "",
            "referrer": "",
        }

    def _is_spam(self, question: Question) -> bool:
        """Raises Forbidden, and Unreachable also for an answer that is neither yes nor no, as for a wrong key."""
        url = f"{self._settings.akismet_url}/comment-check"
        reply = http.post_form(url, question.fields, settings=self._settings)
        answer = ANSWERS.get(reply.body.strip().lower())
        if reply.status != 200 or answer is None:
            raise http.Unreachable(f"{self._host} answered neither true nor false ({reply.status})")
        log.info("second opinion", extra=facts(comment=question.comment_id, spam=answer))
        return answer

    def _settle(self, delivery_id: int, doubted: Question | None) -> None:
        now = self._clock()
        with self._database.write() as session:
            if doubted:
                opinions.doubt(session, doubted.comment_id, version=doubted.version, service=self._host, now=now)
            _end(session, delivery_id, DeliveryState.DONE, now)

    def _put_off(self, delivery_id: int, attempts: int, trouble: str) -> None:
        log.warning("no second opinion", extra=facts(delivery=delivery_id, trouble=trouble))
        with self._database.write() as session:
            if attempts < len(WAITS):
                delivery = session.get_one(Delivery, delivery_id)
                delivery.due_at, delivery.trouble = self._clock() + WAITS[attempts], trouble[:300]
            else:
                _end(session, delivery_id, DeliveryState.FAILED, self._clock(), trouble)


def _end(session: Session, delivery_id: int, state: DeliveryState, now: datetime, trouble: str = "") -> None:
    delivery = session.get_one(Delivery, delivery_id)
    delivery.state, delivery.done_at, delivery.trouble = state, now, trouble[:300]
