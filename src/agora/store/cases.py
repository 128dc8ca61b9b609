"""What waits for a moderator: one list of cases, held comments, reports and appeals alike, in the order of urgency."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, cast

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Table,
    bindparam,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from agora.rules.statements import Category
from agora.store import tallies
from agora.store.appeals import Appeal, Appellant, Ruling
from agora.store.columns import Base, Identity, UtcDateTime, Words, one_of
from agora.store.reports import Outcome, Report, ReportItem


class CaseKind(StrEnum):
    """Why a case is open; of several reasons the one that weighs most."""

    HELD = "held"
    REPORT = "report"
    APPEAL = "appeal"


class Case(Base):
    """One comment, or one measure against a person, on which somebody must decide."""

    __tablename__ = "cases"
    __table_args__ = (
        one_of("kind", CaseKind),
        CheckConstraint("(comment_id IS NULL) <> (measure_id IS NULL)", name="about_one_thing"),
        Index(None, "rank", "id"),
        Index(None, "kind", "rank", "id"),
        Index(None, "post_id", "rank", "id"),
        Index(None, "language", "rank", "id"),
        Index(None, "claimed_by", "rank", "id"),
        Index(None, "opened_at"),
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    kind: Mapped[CaseKind] = mapped_column(Words(CaseKind))
    comment_id: Mapped[int | None] = mapped_column(ForeignKey("comments.id", ondelete="CASCADE"), unique=True)
    measure_id: Mapped[int | None] = mapped_column(ForeignKey("measures.id", ondelete="CASCADE"), unique=True)
    post_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"))
    language: Mapped[str] = mapped_column(String(8))
    # Seconds since 1970 at which it would have been opened if age alone counted: the smallest comes first. It does not
    # change as time goes by, so the list keeps its order by itself.
    rank: Mapped[int] = mapped_column(BigInteger)
    # What makes it more or less urgent than its age, as rules/urgency.py found it: [{"code": …, "hours": …, …}].
    factors: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)  # grows with each report and appeal
    claimed_by: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    claimed_until: Mapped[datetime | None] = mapped_column(UtcDateTime)


class CaseReason(Base):
    """A code for which a case can be looked up: of the policy, of a report's category, of an appeal."""

    __tablename__ = "case_reasons"
    __table_args__ = (Index(None, "code", "rank", "case_id"),)

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"), primary_key=True)
    code: Mapped[str] = mapped_column(String(60), primary_key=True)
    rank: Mapped[int] = mapped_column(BigInteger)


@dataclass(frozen=True)
class Waiting:
    """What waits for a moderator about one comment."""

    reports: list[tuple[float, Category, datetime]]  # weight, category, received at
    appeals: list[tuple[Appellant, datetime]]


_OPEN_REPORTS = (
    select(Report.weight, Report.category, Report.received_at)
    .join(ReportItem, ReportItem.report_id == Report.id)
    .where(ReportItem.comment_id == bindparam("comment_id"), ReportItem.outcome == Outcome.OPEN)
)
_OPEN_APPEALS = select(Appeal.appellant, Appeal.lodged_at).where(
    Appeal.comment_id == bindparam("comment_id"), Appeal.ruling == Ruling.OPEN
)


def what_waits(session: Session, comment_id: int) -> Waiting:
    reports = session.execute(_OPEN_REPORTS, {"comment_id": comment_id})
    appeals = session.execute(_OPEN_APPEALS, {"comment_id": comment_id})
    return Waiting([tuple(row) for row in reports], [tuple(row) for row in appeals])  # type: ignore[misc]


class Facet(StrEnum):
    """By what the list can be narrowed and is counted; the names of its numbers among the tallies begin so."""

    KIND = "cases-"
    CODE = "cases-for-"
    LANGUAGE = "cases-in-"


def counts(session: Session) -> dict[CaseKind, int]:
    """How many cases of each kind are open."""
    found = tallies.counts(session, [Facet.KIND + kind for kind in CaseKind])
    return {kind: found.get(Facet.KIND + kind, 0) for kind in CaseKind}


_CASES, _REASONS = cast(Table, Case.__table__), cast(Table, CaseReason.__table__)
_NEW, _NEW_REASON = insert(_CASES), insert(_REASONS)
_OF_COMMENT = select(Case).where(Case.comment_id == bindparam("comment_id"))
_OF_MEASURE = select(Case).where(Case.measure_id == bindparam("measure_id"))


def of_comment(session: Session, comment_id: int) -> Case | None:
    return session.scalars(_OF_COMMENT, {"comment_id": comment_id}).first()


def of_measure(session: Session, measure_id: int) -> Case | None:
    return session.scalars(_OF_MEASURE, {"measure_id": measure_id}).first()


def add(session: Session, codes: Iterable[str], **columns: Any) -> None:
    """Open a case, at once and without the session's unit of work."""
    result: Any = session.execute(_NEW, {"version": 1, **columns})
    codes = sorted(set(codes))
    _add_reasons(session, int(result.inserted_primary_key[0]), columns["rank"], codes)
    _count(session, 1, columns["kind"], columns["language"], codes, of=columns.get("post_id"))


def change(session: Session, case: Case, codes: Iterable[str], **columns: Any) -> None:
    """Say anew why a case is open; whoever looked at it before is told so."""
    _count(session, -1, case.kind, case.language, _forget_reasons(session, case.id), of=case.post_id)
    codes = sorted(set(codes))
    session.execute(
        update(_CASES).where(_CASES.c.id == case.id).values(version=_CASES.c.version + 1, **columns),
        execution_options={"synchronize_session": False},
    )
    _add_reasons(session, case.id, columns["rank"], codes)
    _count(session, 1, columns["kind"], case.language, codes, of=case.post_id)
    session.expire(case)


def close(session: Session, case: Case) -> None:
    _count(session, -1, case.kind, case.language, _forget_reasons(session, case.id), of=case.post_id)
    session.execute(delete(_CASES).where(_CASES.c.id == case.id))
    session.expunge(case)


def _count(session: Session, by: int, kind: CaseKind, language: str, codes: Iterable[str], *, of: int | None) -> None:
    names = [Facet.KIND + kind, Facet.LANGUAGE + language, *(Facet.CODE + code for code in codes)]
    for name in names:
        tallies.add(session, name, by, of=of or 0)


def _add_reasons(session: Session, case_id: int, rank: int, codes: list[str]) -> None:
    rows = [{"case_id": case_id, "code": code, "rank": rank} for code in codes]
    if rows:
        session.execute(_NEW_REASON, rows)


def _forget_reasons(session: Session, case_id: int) -> list[str]:
    """Take a case's codes away; gives those that it had."""
    gone = delete(_REASONS).where(_REASONS.c.case_id == case_id).returning(_REASONS.c.code)
    return list(session.scalars(gone, execution_options={"synchronize_session": False}))
