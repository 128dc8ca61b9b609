"""Appeals against decisions (internal complaints, art. 20 of the Digital Services Act)."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from agora.store.columns import Base, Identity, UtcDateTime, Words, one_of


class Ruling(StrEnum):
    """What became of an appeal."""

    OPEN = "open"
    GRANTED = "granted"
    REFUSED = "refused"
    MOOT = "moot"  # there is nothing left to decide


class Appellant(StrEnum):
    """Who appeals: who wrote what was restricted, or who reported what stayed."""

    COMMENTER = "commenter"
    NOTIFIER = "notifier"


class Appeal(Base):
    __tablename__ = "appeals"
    __table_args__ = (
        one_of("ruling", Ruling),
        one_of("appellant", Appellant),
        # Against a statement of reasons, or against what became of a notice.
        CheckConstraint("(statement_id IS NULL) <> (report_item_id IS NULL)", name="against_one_thing"),
        Index(None, "comment_id", "ruling"),
        Index(None, "measure_id", "ruling"),
        Index(None, "lodged_at", "id"),
        Index(None, "reviewer_id"),
        Index(None, "event_id"),
        Index(None, "commenter_id"),
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    reference: Mapped[str] = mapped_column(String(32), unique=True)  # public, such as A-2026-7F3K-Q9
    appellant: Mapped[Appellant] = mapped_column(Words(Appellant))
    statement_id: Mapped[int | None] = mapped_column(ForeignKey("statements.id", ondelete="CASCADE"), unique=True)
    report_item_id: Mapped[int | None] = mapped_column(ForeignKey("report_items.id", ondelete="CASCADE"), unique=True)
    comment_id: Mapped[int | None] = mapped_column(ForeignKey("comments.id", ondelete="SET NULL"))
    measure_id: Mapped[int | None] = mapped_column(ForeignKey("measures.id", ondelete="SET NULL"))
    commenter_id: Mapped[int | None] = mapped_column(ForeignKey("commenters.id", ondelete="SET NULL"))
    lodged_at: Mapped[datetime] = mapped_column(UtcDateTime)
    answer_due_at: Mapped[datetime] = mapped_column(UtcDateTime)  # what the site promises: settings, appeal_days
    text: Mapped[str] = mapped_column(Text)
    ruling: Mapped[Ruling] = mapped_column(Words(Ruling), default=Ruling.OPEN)
    # Another person than who decided; where there is none, `same_person` says so on the record.
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"), index=True)
    reviewer_id: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    same_person: Mapped[bool] = mapped_column(default=False)
    answer: Mapped[str] = mapped_column(Text, default="")
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    event_id: Mapped[int | None] = mapped_column(ForeignKey("events.id", ondelete="SET NULL"))  # the answer


def open_appeals(session: Session, comment_id: int) -> list[Appeal]:
    """Appeals about a comment that wait for an answer, the earliest first."""
    query = select(Appeal).where(Appeal.comment_id == comment_id, Appeal.ruling == Ruling.OPEN)
    return list(session.scalars(query.order_by(Appeal.id)))


def open_about_measure(session: Session, measure_id: int) -> list[Appeal]:
    query = select(Appeal).where(Appeal.measure_id == measure_id, Appeal.ruling == Ruling.OPEN)
    return list(session.scalars(query.order_by(Appeal.id)))


def answered_by(session: Session, event_id: int) -> list[Appeal]:
    return list(session.scalars(select(Appeal).where(Appeal.event_id == event_id)))


def against_statements(session: Session, statement_ids: Iterable[int]) -> dict[int, Appeal]:
    """By statement of reasons, the appeal against it."""
    found = session.scalars(select(Appeal).where(Appeal.statement_id.in_(list(statement_ids))))
    return {appeal.statement_id: appeal for appeal in found if appeal.statement_id is not None}


def against_outcomes(session: Session, item_ids: Iterable[int]) -> dict[int, Appeal]:
    """By item of a report, the appeal against what became of it."""
    found = session.scalars(select(Appeal).where(Appeal.report_item_id.in_(list(item_ids))))
    return {appeal.report_item_id: appeal for appeal in found if appeal.report_item_id is not None}
