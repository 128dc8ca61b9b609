"""What the records of a year count up to: the questions behind the transparency report."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, or_, select
from sqlalchemy.orm import Session, aliased

from agora.rules.counted import Answered, Appealed, Measured, Median, Noticed, Ordered, Restricted, Year
from agora.rules.measures import STATED_AS, Against
from agora.rules.moderation import Decision
from agora.store import moments
from agora.store.appeals import Appeal
from agora.store.events import Event
from agora.store.measures import Measure, Order
from agora.store.reports import Report, ReportItem
from agora.store.statements import Statement

Span = tuple[datetime, datetime]


def span_of(year: int) -> Span:
    """From the first moment of a year to the first of the next, in UTC."""
    return datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)


def year(session: Session, number: int) -> Year:
    span = span_of(number)
    return Year(
        number,
        restricted=_restricted(session, span),
        noticed=_noticed(session, span),
        answered=_answered(session, span),
        appealed=_appealed(session, span),
        measured=_measured(session, span),
        ordered=_ordered(session, span),
        by_month=_by_month(session, span),
        medians=_medians(session, span),
    )


def first_year(session: Session) -> int | None:
    """The year of the oldest record."""
    oldest = [session.scalar(select(func.min(c))) for c in (Statement.at, Report.received_at, Order.received_at)]
    return min((moment.astimezone(UTC).year for moment in oldest if moment), default=None)


def _within(moment: Any, span: Span) -> ColumnElement[bool]:
    return and_(moment >= span[0], moment < span[1])


# A decision that was taken back within its minute told nobody anything: it is as if it had not been.
_UNDONE = aliased(Event)
_STANDS = or_(Statement.reversed_by.is_(None), _UNDONE.decision != Decision.UNDO)


def _told(columns: Select[Any], span: Span) -> Select[Any]:
    return columns.outerjoin(_UNDONE, _UNDONE.id == Statement.reversed_by).where(_within(Statement.at, span), _STANDS)


_AGAINST = case(
    (Statement.measure_id.is_(None), ""),
    (Measure.person_id.is_not(None), str(Against.ACCOUNT)),
    (Measure.commenter_id.is_not(None), str(Against.ADDRESS)),
    else_=str(Against.NETWORK),
)


def _restricted(session: Session, span: Span) -> list[Restricted]:
    outcome = case((Statement.reversed_at.is_(None), "stands"), else_="reversed")
    kind = (
        *(Statement.measure, _AGAINST, Statement.ground, Statement.category, Statement.prompt),
        *(Statement.automation, Statement.detected_by_program, Statement.exempt, outcome),
    )
    query = _told(select(*kind, func.count()).select_from(Statement), span)
    query = query.outerjoin(Measure, Measure.id == Statement.measure_id).group_by(*kind)
    return sorted((Restricted(*row) for row in session.execute(query)), key=str)


def _by_month(session: Session, span: Span) -> dict[int, int]:
    month = moments.month(session, Statement.at)
    columns: Any = select(month, func.count()).select_from(Statement)
    query = _told(columns, span).group_by(month).order_by(month)
    return {number: count for number, count in session.execute(query)}


_NOTICE = (Report.ground, Report.category, Report.trusted_flagger)


def _noticed(session: Session, span: Span) -> list[Noticed]:
    query = select(*_NOTICE, func.count()).where(_within(Report.received_at, span)).group_by(*_NOTICE)
    return sorted(Noticed(*row) for row in session.execute(query))


def _answered(session: Session, span: Span) -> list[Answered]:
    query = select(*_NOTICE, ReportItem.outcome, func.count()).join(ReportItem, ReportItem.report_id == Report.id)
    query = query.where(_within(Report.received_at, span)).group_by(*_NOTICE, ReportItem.outcome)
    return sorted(Answered(*row) for row in session.execute(query))


def _appealed(session: Session, span: Span) -> list[Appealed]:
    against = func.coalesce(Statement.measure, literal("notice"))
    category = func.coalesce(Statement.category, Report.category)
    automation = func.coalesce(Statement.automation, literal(""))
    kind = (Appeal.appellant, against, category, automation, Appeal.ruling, Appeal.same_person)
    query = select(*kind, func.count()).select_from(Appeal)
    query = query.outerjoin(Statement, Statement.id == Appeal.statement_id)
    query = query.outerjoin(ReportItem, ReportItem.id == Appeal.report_item_id)
    query = query.outerjoin(Report, Report.id == ReportItem.report_id)
    query = query.where(_within(Appeal.lodged_at, span)).group_by(*kind)
    return sorted(Appealed(*row) for row in session.execute(query))


def _measured(session: Session, span: Span) -> list[Measured]:
    query = select(Measure.kind, func.count()).where(_within(Measure.created_at, span)).group_by(Measure.kind)
    return sorted(Measured(STATED_AS[kind], count) for kind, count in session.execute(query))


def _ordered(session: Session, span: Span) -> list[Ordered]:
    kind = (Order.kind, Order.country)
    steps = (func.count(Order.confirmed_at), func.count(Order.carried_out_at))
    query = select(*kind, func.count(), *steps).where(_within(Order.received_at, span)).group_by(*kind)
    return sorted(Ordered(*row) for row in session.execute(query))


def _medians(session: Session, span: Span) -> dict[str, Median]:
    found = {
        "notice": _median(
            session,
            select(_between(session, Report.received_at, ReportItem.decided_at))
            .select_from(Report)
            .join(ReportItem, ReportItem.report_id == Report.id)
            .where(_within(ReportItem.decided_at, span)),
        ),
        "appeal": _median(
            session,
            select(_between(session, Appeal.lodged_at, Appeal.answered_at)).where(_within(Appeal.answered_at, span)),
        ),
    }
    for kind in ("act", "inform"):
        for step, moment in (("confirmed", Order.confirmed_at), ("carried_out", Order.carried_out_at)):
            query = select(_between(session, Order.received_at, moment)).where(Order.kind == kind)
            found[f"order-{kind}-{step}"] = _median(session, query.where(_within(moment, span)))
    return found


def _between(session: Session, begin: Any, end: Any) -> ColumnElement[int]:
    return (moments.seconds(session, end) - moments.seconds(session, begin)).label("seconds")


def _median(session: Session, query: Select[Any]) -> Median:
    """The lower one of two in the middle: a time that really was."""
    times = query.subquery()
    count = session.scalar(select(func.count()).select_from(times)) or 0
    if not count:
        return Median(0, None)
    middle = select(times.c.seconds).order_by(times.c.seconds).offset((count - 1) // 2).limit(1)
    return Median(count, session.scalar(middle))


# Statements, one by one

BATCH = 500


def statements_to_tell(session: Session, number: int, *, after: int) -> list[tuple[Statement, str]]:
    """The next statements of a year that art. 24(5) asks for, each with whom its measure is against.

    Those that are exempt from art. 17 are none (spam, no contact, orders).
    """
    query = _told(select(Statement, _AGAINST).select_from(Statement), span_of(number))
    query = query.outerjoin(Measure, Measure.id == Statement.measure_id)
    query = query.where(Statement.exempt.is_(None), Statement.id > after)
    rows: Iterator[Any] = iter(session.execute(query.order_by(Statement.id).limit(BATCH)))
    return [(statement, against) for statement, against in rows]
