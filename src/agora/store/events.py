"""Facts and the work they leave to do: one table of events, one table of deliveries."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import (
    JSON,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    Text,
    and_,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from agora.rules.moderation import Decision, Party, State
from agora.store.columns import Base, Identity, UtcDateTime, Words, one_of
from agora.store.prepared import insert_of


class Event(Base):
    """Something that happened. It is never changed afterwards."""

    __tablename__ = "events"
    __table_args__ = (
        one_of("party", Party),
        one_of("decision", Decision),
        Index(None, "comment_id", "id"),
        Index(None, "post_id", "id"),
        Index(None, "kind", "id"),
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))  # such as "comment.posted", "comment.decided", "post.published"
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    party: Mapped[Party | None] = mapped_column(Words(Party))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"), index=True)
    comment_id: Mapped[int | None] = mapped_column(ForeignKey("comments.id", ondelete="CASCADE"))
    post_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"))
    revision_id: Mapped[int | None] = mapped_column(ForeignKey("comment_revisions.id", ondelete="SET NULL"), index=True)
    decision: Mapped[Decision | None] = mapped_column(Words(Decision))
    before: Mapped[State | None] = mapped_column(Words(State))
    after: Mapped[State | None] = mapped_column(Words(State))
    clause: Mapped[int | None]
    charter_id: Mapped[int | None] = mapped_column(ForeignKey("charters.id"), index=True)
    explanation: Mapped[str] = mapped_column(Text, default="")
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class Channel(StrEnum):
    MAIL = "mail"
    SERVICE = "service"  # asked by a web request


class DeliveryState(StrEnum):
    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"


class Delivery(Base):
    """A letter to write for an event, or a service to ask about it. Its text is made when it is sent; whom it goes to
    is decided with the event.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        one_of("channel", Channel),
        one_of("state", DeliveryState),
        Index(None, "state", "due_at"),
        Index(None, "event_id"),
        Index(None, "person_id"),
        Index(None, "commenter_id"),
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))
    channel: Mapped[Channel] = mapped_column(Words(Channel), default=Channel.MAIL)
    letter: Mapped[str] = mapped_column(String(40))  # the name of its template in templates/mail, or of the service
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    commenter_id: Mapped[int | None] = mapped_column(ForeignKey("commenters.id", ondelete="CASCADE"))
    subscription_id: Mapped[int | None] = mapped_column(ForeignKey("subscriptions.id", ondelete="CASCADE"), index=True)
    state: Mapped[DeliveryState] = mapped_column(Words(DeliveryState), default=DeliveryState.WAITING)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    trouble: Mapped[str] = mapped_column(String(300), default="")
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class Recorded(NamedTuple):
    """An event that was just written down, as far as letters follow from it."""

    id: int
    kind: str
    at: datetime
    decision: Decision | None


_EVENTS: Any = Event.__table__
_FACTS = tuple(column.key for column in _EVENTS.c if column.key != "id")
_NO_FACTS: dict[str, Any] = {**dict.fromkeys(_FACTS), "explanation": "", "details": {}}
_NEW_EVENT, _NEW_DELIVERY = insert_of(_EVENTS, *_FACTS), insert(Delivery.__table__)  # type: ignore[arg-type]


def record(session: Session, kind: str, *, at: datetime, **facts: Any) -> Recorded:
    """Write down that something happened; `facts` are the event's columns."""
    session.flush()  # what it tells of comes first
    number = _NEW_EVENT.number(session, {**_NO_FACTS, "kind": kind, "at": at, **facts})
    return Recorded(number, kind, at, facts.get("decision"))


def deliver(session: Session, event: Recorded, letter: str, *to: dict[str, Any], wait: timedelta = timedelta()) -> None:
    """Leave a letter to be written for this event; each of `to` is the delivery's columns that say to whom."""
    if to:
        due_at = event.at + wait
        rows = [{"event_id": event.id, "letter": letter, "due_at": due_at, **columns} for columns in to]
        session.execute(_NEW_DELIVERY, rows)
        session.info["deliveries"] = True


# A worker that claimed a delivery and died gives it back after this long.
CLAIM = timedelta(minutes=5)


# No delivery is put off longer than this. What is due still later was written while a clock was ahead.
FURTHEST = timedelta(hours=7)


def deliveries_due(
    session: Session, now: datetime, *, size: int, channel: Channel = Channel.MAIL
) -> list[tuple[int, int]]:
    """(id, attempts) of the deliveries whose time has come, the oldest first."""
    due, too_far = (and_(Delivery.channel == channel, when) for when in (Delivery.due_at <= now, _is_too_far(now)))
    return _waiting(session, due, size) or _waiting(session, too_far, size)


# What a letter that waits for the end of somebody's quiet hours says of itself; they are never longer than a day.
QUIET = "quiet hours"


def _is_too_far(now: datetime) -> ColumnElement[bool]:
    far, further = Delivery.due_at > now + FURTHEST, Delivery.due_at > now + FURTHEST + timedelta(days=1)
    return and_(far, or_(Delivery.trouble != QUIET, further))


def put_off(session: Session, delivery_id: int, until: datetime) -> None:
    """Let a letter wait for the end of the quiet hours of whom it is for."""
    session.execute(
        update(Delivery)
        .where(Delivery.id == delivery_id, Delivery.state == DeliveryState.WAITING)
        .values(due_at=until, trouble=QUIET)
    )


def _waiting(session: Session, when: ColumnElement[bool], size: int) -> list[tuple[int, int]]:
    query = (
        select(Delivery.id, Delivery.attempts)
        .where(Delivery.state == DeliveryState.WAITING, when)
        .order_by(Delivery.due_at, Delivery.id)
        .limit(size)
    )
    return [(id_, attempts) for id_, attempts in session.execute(query)]


def claim(session: Session, delivery_id: int, attempts: int, now: datetime) -> bool:
    """Take a delivery for this worker, by compare-and-set on its attempts; False if another one took it."""
    claimed = session.execute(
        update(Delivery)
        .where(Delivery.id == delivery_id, Delivery.state == DeliveryState.WAITING, Delivery.attempts == attempts)
        .values(attempts=attempts + 1, due_at=now + CLAIM)
        .returning(Delivery.id)
    ).scalar()
    return claimed is not None


def counts_of_letters(session: Session) -> dict[DeliveryState, int]:
    query = select(Delivery.state, func.count()).where(Delivery.channel == Channel.MAIL)
    rows = session.execute(query.group_by(Delivery.state))
    return {state: count for state, count in rows}


def history(session: Session, comment_id: int) -> list[Event]:
    """All that happened to a comment, the earliest first."""
    return list(session.scalars(select(Event).where(Event.comment_id == comment_id).order_by(Event.id)))


def last_decision_event(session: Session, comment_id: int) -> Event | None:
    """The latest decision on a comment."""
    query = select(Event).where(Event.comment_id == comment_id, Event.decision.is_not(None))
    return session.scalars(query.order_by(Event.id.desc()).limit(1)).first()


def call_back_letters(session: Session, event_id: int) -> None:
    """What was to be told of this event is not so any more: letters that have not left stay here."""
    session.execute(
        delete(Delivery).where(Delivery.event_id == event_id, Delivery.state == DeliveryState.WAITING),
        execution_options={"synchronize_session": False},
    )


class LastDecision(NamedTuple):
    """What a page says of the latest decision on a comment."""

    id: int
    comment_id: int
    at: datetime
    clause: int | None
    charter_id: int | None
    explanation: str


_columns = Event.__table__.c
_LATEST = (
    select(func.max(_columns.id))
    .where(_columns.comment_id.in_(bindparam("comment_ids", expanding=True)), _columns.decision.is_not(None))
    .group_by(_columns.comment_id)
)
# Rows of columns, asked for by a query that is written once: entities take four times as long.
_LAST_DECISIONS = select(*(_columns[name] for name in LastDecision._fields)).where(_columns.id.in_(_LATEST))


def last_decisions(session: Session, comment_ids: list[int]) -> dict[int, LastDecision]:
    """For each of these comments the latest decision on it."""
    rows = session.execute(_LAST_DECISIONS, {"comment_ids": comment_ids})
    return {line.comment_id: line for line in map(LastDecision._make, rows)}


def letters_to_commenter_since(session: Session, commenter_id: int, since: datetime) -> int:
    """How many letters an address was due since then: what keeps the site from being used to pester somebody."""
    query = (
        select(func.count(Delivery.id))
        .join(Event, Event.id == Delivery.event_id)
        .where(Delivery.commenter_id == commenter_id, or_(Event.at >= since, Delivery.done_at >= since))
    )
    return session.scalar(query) or 0


def last_event_time(session: Session) -> datetime | None:
    """When anything happened last."""
    return session.scalar(select(Event.at).order_by(Event.id.desc()).limit(1))
