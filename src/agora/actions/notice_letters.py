"""Who is told of reports and appeals: receipts at once, answers once nobody can take them back any more."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from agora.actions import letters
from agora.rules.moderation import UNDOABLE
from agora.store import events, reports
from agora.store.appeals import Appeal, Appellant
from agora.store.comments import Comment
from agora.store.events import Recorded
from agora.store.measures import Measure
from agora.store.reports import Report, ReportItem
from agora.store.statements import Statement


def for_report(session: Session, event: Recorded, report: Report) -> None:
    """The receipt (art. 16(4)), as far as an address was given; nobody is pestered who did not ask for it."""
    if report.commenter_id is None or letters.is_not_pestered(session, report.commenter_id, event):
        _write(session, event, "report-received", _reporter(report), report=report.id)


def for_outcomes(session: Session, event: Recorded, items: Iterable[ReportItem]) -> None:
    """The decision with its reasons (art. 16(5)), once for each report, when all is decided that it named."""
    for report in {item.report_id: item.report for item in items}.values():
        if not reports.is_open(session, report.id):
            _write(session, event, "report-decided", _reporter(report), wait=_until_final(event), report=report.id)


def for_appeal(session: Session, event: Recorded, appeal: Appeal) -> None:
    """The receipt; and somebody has to answer."""
    _write(session, event, "appeal-received", _appellant(session, appeal), appeal=appeal.id)
    letters.call_moderators(session, event, "appeal-waits", details={"appeal": appeal.id})


def for_rulings(session: Session, event: Recorded, appeals: Iterable[Appeal]) -> None:
    """The answer with its reasons (art. 20(5))."""
    for appeal in appeals:
        to = _appellant(session, appeal)
        _write(session, event, "appeal-answered", to, wait=_until_final(event), appeal=appeal.id)


def _until_final(event: Recorded) -> timedelta:
    return letters.UNDO if event.decision in UNDOABLE else timedelta()


def _write(
    session: Session, event: Recorded, letter: str, to: dict[str, Any], *, wait: timedelta = timedelta(), **about: int
) -> None:
    if any(to.values()):
        events.deliver(session, event, letter, {**to, "details": about}, wait=wait)


def _reporter(report: Report) -> dict[str, Any]:
    return {"commenter_id": report.commenter_id, "person_id": report.person_id}


def _appellant(session: Session, appeal: Appeal) -> dict[str, Any]:
    """Who appealed: by the report, the measure or the comment that it is about."""
    if appeal.appellant is Appellant.NOTIFIER:
        item = session.get_one(ReportItem, appeal.report_item_id)
        return _reporter(session.get_one(Report, item.report_id))
    return _concerned(session, session.get_one(Statement, appeal.statement_id))


def _concerned(session: Session, statement: Statement) -> dict[str, Any]:
    """Who can be written to about a restriction; nobody where no contact is known."""
    if not statement.contact_known:
        return {}
    about: Comment | Measure | None = (
        session.get(Measure, statement.measure_id)
        if statement.measure_id
        else session.get(Comment, statement.comment_id or 0)
    )
    return {"commenter_id": about.commenter_id, "person_id": about.person_id} if about else {}
