"""Readers' notices (art. 16 of the Digital Services Act): what was said of which comments, and what came of it."""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import ColumnElement, ForeignKey, Index, String, Text, and_, case, cast, func, literal, or_, select
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship, selectinload

from agora.rules.statements import Category, Ground
from agora.store.appeals import Appeal, Ruling
from agora.store.columns import Base, Identity, UtcDateTime, Words, one_of
from agora.store.comments import Comment
from agora.store.events import Event


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
    # Signed in, or the address was shown to be theirs: nobody else sent this in their name.
    proven: Mapped[bool] = mapped_column(default=False)
    good_faith_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    trusted_flagger: Mapped[bool] = mapped_column(default=False)
    language: Mapped[str] = mapped_column(String(8))
    source: Mapped[str] = mapped_column(String(32), default="")  # keyed hash of the network
    # As it was when this one came: what their word was worth, and how many of theirs were dismissed in a row before.
    weight: Mapped[float]
    unfounded: Mapped[int] = mapped_column(default=0)

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
    comment: Mapped[Comment] = relationship(lazy="raise", viewonly=True)


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


def in_full(session: Session, report_id: int) -> Report | None:
    """A report with the comments that it names, their texts and their posts."""
    comment = selectinload(Report.items).joinedload(ReportItem.comment)
    query = select(Report).where(Report.id == report_id)
    return session.scalar(query.options(comment.joinedload(Comment.post), comment.joinedload(Comment.revision)))


def is_open(session: Session, report_id: int) -> bool:
    """Whether anything of a report still waits for an answer."""
    query = select(ReportItem.id).where(ReportItem.report_id == report_id, ReportItem.outcome == Outcome.OPEN)
    return session.scalar(query.limit(1)) is not None


def _of_reporter(commenter_id: int | None, person_id: int | None) -> ColumnElement[bool]:
    """What somebody reported; what others may have sent under the same address is not theirs."""
    who = Report.commenter_id == commenter_id if commenter_id is not None else Report.person_id == person_id
    return and_(who, Report.proven.is_(True))


def same_report(session: Session, report: Report, comment_id: int, revision_id: int | None) -> Report | None:
    """The report that this one already is: of the same text, in the same words, by the same person from there."""
    query = (
        select(Report)
        .join(ReportItem, ReportItem.report_id == Report.id)
        .where(
            ReportItem.comment_id == comment_id,
            ReportItem.revision_id.is_not_distinct_from(revision_id),
            Report.source == report.source,
            Report.commenter_id.is_not_distinct_from(report.commenter_id),
            Report.person_id.is_not_distinct_from(report.person_id),
            Report.name == report.name,
            Report.clause.is_not_distinct_from(report.clause),
            Report.keyword == report.keyword,
            Report.explanation == report.explanation,
            Report.further_addresses == report.further_addresses,
        )
    )
    return session.scalars(query.order_by(Report.id).limit(1)).first()


class Record(NamedTuple):
    """How the earlier notices of somebody fared; one that only an appeal brought to success was right."""

    upheld: int
    dismissed: int


NO_RECORD = Record(0, 0)

_WAS_RIGHT = or_(
    ReportItem.outcome == Outcome.UPHELD,
    select(Appeal.id).where(Appeal.report_item_id == ReportItem.id, Appeal.ruling == Ruling.GRANTED).exists(),
)


def record_of(session: Session, commenter_id: int | None, person_id: int | None) -> Record:
    if commenter_id is None and person_id is None:
        return NO_RECORD
    was_wrong = and_(ReportItem.outcome == Outcome.DISMISSED, ~_WAS_RIGHT)
    query = (
        select(func.sum(case((_WAS_RIGHT, 1), else_=0)), func.sum(case((was_wrong, 1), else_=0)))
        .select_from(ReportItem)
        .join(Report, Report.id == ReportItem.report_id)
        .where(_of_reporter(commenter_id, person_id))
    )
    upheld, dismissed = session.execute(query).one()
    return Record(upheld or 0, dismissed or 0)


def unfounded_in_a_row(session: Session, commenter_id: int | None, person_id: int | None, *, most: int) -> int:
    """How many of the latest decided notices of somebody, up to `most`, were dismissed one after the other."""
    if commenter_id is None and person_id is None:
        return 0
    query = (
        select(_WAS_RIGHT)
        .select_from(ReportItem)
        .join(Report, Report.id == ReportItem.report_id)
        .where(_of_reporter(commenter_id, person_id), ReportItem.outcome.in_([Outcome.UPHELD, Outcome.DISMISSED]))
        .order_by(ReportItem.decided_at.desc(), ReportItem.id.desc())
        .limit(most)
    )
    rights = list(session.scalars(query))
    return rights.index(True) if True in rights else len(rights)


def was_kept(session: Session, comment: Comment) -> bool:
    """Whether somebody has read the text that stands because of a report, and left it."""
    query = (
        select(ReportItem.id)
        .join(Event, Event.id == ReportItem.event_id)
        .where(
            ReportItem.comment_id == comment.id,
            ReportItem.outcome == Outcome.DISMISSED,
            Event.revision_id == comment.revision_id,
        )
    )
    return session.scalar(query.limit(1)) is not None


def weight_on(session: Session, comment_id: int) -> float:
    """What the open reports of a comment weigh together. Whoever reports twice counts once."""
    reporter = case(
        (Report.commenter_id.is_not(None), literal("c") + cast(Report.commenter_id, String)),
        (Report.person_id.is_not(None), literal("p") + cast(Report.person_id, String)),
        else_=literal("s") + Report.source,
    )
    each = (
        select(func.max(Report.weight).label("weight"))
        .join(ReportItem, ReportItem.report_id == Report.id)
        .where(ReportItem.comment_id == comment_id, ReportItem.outcome == Outcome.OPEN)
        .group_by(reporter)
        .subquery()
    )
    return float(session.scalar(select(func.sum(each.c.weight))) or 0)
