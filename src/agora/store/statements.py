"""Statements of reasons (art. 17 of the Digital Services Act): one for each restriction, never changed but closed."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Date, ForeignKey, Index, String, Text, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from agora.rules.moderation import Decision, Party
from agora.rules.statements import Automation, Category, Exemption, Ground, Prompt
from agora.store.columns import Base, Identity, UtcDateTime, Words, one_of


class Statement(Base):
    __tablename__ = "statements"
    __table_args__ = (
        one_of("decision", Decision),
        one_of("party", Party),
        one_of("ground", Ground),
        one_of("category", Category),
        one_of("prompt", Prompt),
        one_of("automation", Automation),
        one_of("exempt", Exemption),
        Index(None, "comment_id", "id"),
        Index(None, "measure_id"),
        Index(None, "event_id"),
        Index(None, "at", "id"),
        Index(None, "report_id"),
        Index(None, "person_id"),
        Index(None, "revision_id"),
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    puid: Mapped[str] = mapped_column(String(64), unique=True)  # the platform's own id, for ever (^[a-zA-Z0-9-_]+$)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    # What was restricted: a comment in one of its revisions, or a person by a measure.
    comment_id: Mapped[int | None] = mapped_column(ForeignKey("comments.id", ondelete="SET NULL"))
    revision_id: Mapped[int | None] = mapped_column(ForeignKey("comment_revisions.id", ondelete="SET NULL"))
    measure_id: Mapped[int | None] = mapped_column(ForeignKey("measures.id", ondelete="SET NULL"))
    event_id: Mapped[int | None] = mapped_column(ForeignKey("events.id", ondelete="SET NULL"))
    # Who restricted: a person in a role, or a rule and its version.
    decision: Mapped[Decision | None] = mapped_column(Words(Decision))  # None: a measure against a person
    measure: Mapped[str] = mapped_column(String(32))  # what was done, such as "hidden" or "suspended"
    party: Mapped[Party] = mapped_column(Words(Party))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    rules: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)  # the policy's reasons
    policy_id: Mapped[int | None] = mapped_column(ForeignKey("policies.id"), index=True)
    # Why
    ground: Mapped[Ground] = mapped_column(Words(Ground))
    clause: Mapped[int | None]
    charter_id: Mapped[int | None] = mapped_column(ForeignKey("charters.id"), index=True)
    law: Mapped[str] = mapped_column(Text, default="")
    category: Mapped[Category] = mapped_column(Words(Category))
    keywords: Mapped[list[str]] = mapped_column(JSON, default=list)
    explanation: Mapped[str] = mapped_column(Text, default="")
    # How it came to this
    prompt: Mapped[Prompt] = mapped_column(Words(Prompt))
    report_id: Mapped[int | None] = mapped_column(ForeignKey("reports.id", ondelete="SET NULL"))
    detected_by_program: Mapped[bool] = mapped_column(default=False)
    automation: Mapped[Automation] = mapped_column(Words(Automation))
    # What is needed to tell it, once the comment may be gone
    language: Mapped[str] = mapped_column(String(8))
    content_date: Mapped[date] = mapped_column(Date)
    ends_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # of the restriction; None: no end
    # Whom it was told
    contact_known: Mapped[bool]
    exempt: Mapped[Exemption | None] = mapped_column(Words(Exemption))
    informed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # on the own page, or when a letter left
    informed_by: Mapped[str] = mapped_column(String(16), default="")  # "page" or "letter"
    # What became of it
    reversed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reversed_by: Mapped[int | None] = mapped_column(ForeignKey("events.id", ondelete="SET NULL"), index=True)


class ReadyReason(Base):
    """A reason that moderators pick and complete."""

    __tablename__ = "ready_reasons"
    __table_args__ = (one_of("category", Category),)

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    title: Mapped[str] = mapped_column(String(100))
    clause: Mapped[int | None]
    law: Mapped[str] = mapped_column(Text, default="")
    category: Mapped[Category | None] = mapped_column(Words(Category))
    explanation: Mapped[str] = mapped_column(Text, default="")


def in_force(session: Session, comment_id: int) -> Statement | None:
    """The latest restriction of a comment that still holds."""
    query = select(Statement).where(Statement.comment_id == comment_id, Statement.reversed_at.is_(None))
    return session.scalars(query.order_by(Statement.id.desc()).limit(1)).first()


def of_measure(session: Session, measure_id: int) -> Statement | None:
    """The statement of reasons of a measure against a person."""
    return session.scalar(select(Statement).where(Statement.measure_id == measure_id))


def of_comment(session: Session, comment_id: int) -> list[Statement]:
    """All statements about a comment, the earliest first."""
    return list(session.scalars(select(Statement).where(Statement.comment_id == comment_id).order_by(Statement.id)))


def of_events(session: Session, event_ids: Iterable[int]) -> dict[int, Statement]:
    """By event, the statement of reasons for what it restricted."""
    found = session.scalars(select(Statement).where(Statement.event_id.in_(list(event_ids))))
    return {statement.event_id: statement for statement in found if statement.event_id is not None}


def inform(session: Session, event_id: int, *, at: datetime, by: str) -> None:
    """Whoever an event restricted has been told so: the time to contest it begins."""
    session.execute(
        update(Statement)
        .where(Statement.event_id == event_id, Statement.informed_at.is_(None))
        .values(informed_at=at, informed_by=by),
        execution_options={"synchronize_session": False},
    )
