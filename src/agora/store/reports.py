"""Readers' notices (art. 16 of the Digital Services Act): what was said of which comments, and what came of it."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text, select
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from agora.rules.statements import Category, Ground
from agora.store.columns import Base, Identity, UtcDateTime, Words, one_of


class Outcome(StrEnum):
    """What became of a notice, for each comment that it names."""

    OPEN = "open"
    UPHELD = "upheld"  # something was done against the comment
    DISMISSED = "dismissed"  # it stays
    MOOT = "moot"  # the comment went otherwise: withdrawn or erased by its writer


class Report(Base):
    __tablename__ = "reports"
    __table_args__ = (
        one_of("ground", Ground),
        one_of("category", Category),
        Index(None, "commenter_id", "id"),
        Index(None, "source", "received_at"),
        Index(None, "received_at", "id"),
        Index(None, "person_id"),
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    reference: Mapped[str] = mapped_column(String(32), unique=True)  # public, such as R-2026-7F3K-Q9
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    channel: Mapped[str] = mapped_column(String(16), default="web")
    ground: Mapped[Ground] = mapped_column(Words(Ground))
    clause: Mapped[int | None]
    charter_id: Mapped[int | None] = mapped_column(ForeignKey("charters.id"), index=True)
    category: Mapped[Category] = mapped_column(Words(Category))
    keyword: Mapped[str] = mapped_column(String(80), default="")
    explanation: Mapped[str] = mapped_column(Text)
    further_addresses: Mapped[str] = mapped_column(Text, default="")  # as they were typed, one a line
    # Who: none of it is asked for offences of Directive 2011/93/EU, arts 3 to 7.
    name: Mapped[str] = mapped_column(String(80), default="")
    commenter_id: Mapped[int | None] = mapped_column(ForeignKey("commenters.id", ondelete="SET NULL"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    good_faith_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    trusted_flagger: Mapped[bool] = mapped_column(default=False)
    language: Mapped[str] = mapped_column(String(8))
    source: Mapped[str] = mapped_column(String(32), default="")  # keyed hash of the network
    weight: Mapped[float]  # what earlier notices of the same person were worth, when this one came

    items: Mapped[list["ReportItem"]] = relationship(
        lazy="raise", back_populates="report", order_by="ReportItem.id", passive_deletes=True
    )


class ReportItem(Base):
    """One comment that a notice names, in the revision that stood."""

    __tablename__ = "report_items"
    __table_args__ = (
        one_of("outcome", Outcome),
        Index(None, "report_id", "comment_id", unique=True),
        Index(None, "comment_id", "outcome"),
        Index(None, "decided_at", "id"),
        Index(None, "revision_id"),
        Index(None, "event_id"),
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("reports.id", ondelete="CASCADE"))
    comment_id: Mapped[int] = mapped_column(ForeignKey("comments.id", ondelete="CASCADE"))
    revision_id: Mapped[int | None] = mapped_column(ForeignKey("comment_revisions.id", ondelete="SET NULL"))
    outcome: Mapped[Outcome] = mapped_column(Words(Outcome), default=Outcome.OPEN)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    event_id: Mapped[int | None] = mapped_column(ForeignKey("events.id", ondelete="SET NULL"))  # the decision

    report: Mapped[Report] = relationship(lazy="raise", back_populates="items")


def first_open(session: Session, comment_id: int) -> Report | None:
    """The report that a decision on this comment answers: of several the first one."""
    query = (
        select(Report)
        .join(ReportItem, ReportItem.report_id == Report.id)
        .where(ReportItem.comment_id == comment_id, ReportItem.outcome == Outcome.OPEN)
        .order_by(Report.id)
    )
    return session.scalars(query.limit(1)).first()


def open_items(session: Session, comment_id: int) -> list[ReportItem]:
    """What was reported of a comment and still waits for an answer, the earliest first."""
    query = select(ReportItem).where(ReportItem.comment_id == comment_id, ReportItem.outcome == Outcome.OPEN)
    return list(session.scalars(query.options(joinedload(ReportItem.report)).order_by(ReportItem.id)))


def items_decided_by(session: Session, event_id: int) -> list[ReportItem]:
    return list(session.scalars(select(ReportItem).where(ReportItem.event_id == event_id)))
