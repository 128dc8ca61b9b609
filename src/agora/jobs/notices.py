"""What the letters about reports, restrictions and appeals say."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from agora.actions import reports as report_actions
from agora.actions import statements as statement_actions
from agora.rules.reports import OFFENCES
from agora.store import comments, reports, statements
from agora.store.appeals import Appeal, Appellant, Ruling
from agora.store.events import Delivery, Event
from agora.store.reports import Report, ReportItem
from agora.tokens import Tokens


@dataclass(frozen=True)
class Addresses:
    """Addresses of pages, as the public contract has them."""

    base: str
    tokens: Tokens

    def signed(self, path: str, purpose: str, id_: int) -> str:
        return f"{self.base}/{path}/{self.tokens.sign(purpose, id_)}"

    def own_page(self, comment_id: int) -> str:
        return self.signed("my/comment", "my-comment", comment_id)

    def report(self, report_id: int) -> str:
        return self.signed("my/report", "my-report", report_id)

    def measure(self, measure_id: int) -> str:
        return self.signed("my/measure", "my-measure", measure_id)

    @property
    def queue(self) -> str:
        return f"{self.base}/admin/moderation"


def said(session: Session, delivery: Delivery, event: Event, at: Addresses) -> dict[str, Any] | None:
    """What goes into the template of a letter, or None where it has become pointless."""
    return LETTERS[delivery.letter](session, delivery, event, at)


def _restricted(session: Session, delivery: Delivery, event: Event, at: Addresses) -> dict[str, Any] | None:
    """The statement of reasons, unless the comment is back meanwhile."""
    statement = statements.of_events(session, [event.id]).get(event.id)
    comment = comments.comment_in_full(session, event.comment_id or 0)
    if statement is None or statement.reversed_at is not None or comment is None:
        return None
    return {"comment": comment, "told": statement_actions.told(session, statement), "own": at.own_page(comment.id)}


def _report_received(session: Session, delivery: Delivery, event: Event, at: Addresses) -> dict[str, Any] | None:
    report = _report(session, delivery)
    if report is None:
        return None
    confirm = at.signed("my/reporter", "confirm-report", report.id)
    return {"report": report, "page": at.report(report.id), "confirm": None if report.proven else confirm}


def _report_decided(session: Session, delivery: Delivery, event: Event, at: Addresses) -> dict[str, Any] | None:
    report = _report(session, delivery)
    if report is None or reports.is_open(session, report.id):
        return None
    answers = report_actions.answers(session, report)
    until = max((answer.contest_until for answer in answers if answer.contest_until), default=None)
    return {"report": report, "answers": answers, "until": until, "page": at.report(report.id)}


def _report_waits(session: Session, delivery: Delivery, event: Event, at: Addresses) -> dict[str, Any] | None:
    report = _report(session, delivery)
    if report is None or not reports.is_open(session, report.id):
        return None
    offence = next((offence for offence in OFFENCES.values() if offence.keyword == report.keyword), None)
    clause = statement_actions.clause_of(session, report.charter_id, report.clause)
    offence_name = offence.name if offence else ""
    comment = report.items[0].comment
    return {"report": report, "comment": comment, "clause": clause, "offence": offence_name, "queue": at.queue}


def _report(session: Session, delivery: Delivery) -> Report | None:
    report = reports.in_full(session, int(delivery.details.get("report", 0)))
    return report if report and report.items else None


def _appeal_received(session: Session, delivery: Delivery, event: Event, at: Addresses) -> dict[str, Any] | None:
    appeal = session.get(Appeal, int(delivery.details.get("appeal", 0)))
    return {"appeal": appeal, "page": _page_of(session, appeal, at)} if appeal else None


def _appeal_waits(session: Session, delivery: Delivery, event: Event, at: Addresses) -> dict[str, Any] | None:
    appeal = session.get(Appeal, int(delivery.details.get("appeal", 0)))
    if appeal is None or appeal.ruling is not Ruling.OPEN:
        return None
    comment = comments.comment_in_full(session, appeal.comment_id) if appeal.comment_id else None
    return {"appeal": appeal, "comment": comment, "queue": at.queue}


def _appeal_answered(session: Session, delivery: Delivery, event: Event, at: Addresses) -> dict[str, Any] | None:
    appeal = session.get(Appeal, int(delivery.details.get("appeal", 0)))
    if appeal is None or appeal.ruling is Ruling.OPEN:
        return None
    return {"appeal": appeal, "page": _page_of(session, appeal, at)}


def _page_of(session: Session, appeal: Appeal, at: Addresses) -> str:
    """The page on which who appealed follows it."""
    if appeal.appellant is Appellant.NOTIFIER and appeal.report_item_id:
        return at.report(session.get_one(ReportItem, appeal.report_item_id).report_id)
    return at.measure(appeal.measure_id) if appeal.measure_id else at.own_page(appeal.comment_id or 0)


LETTERS: dict[str, Callable[[Session, Delivery, Event, Addresses], dict[str, Any] | None]] = {
    "comment-refused": _restricted,
    "comment-held": _restricted,
    "report-received": _report_received,
    "report-decided": _report_decided,
    "report-waits": _report_waits,
    "appeal-received": _appeal_received,
    "appeal-waits": _appeal_waits,
    "appeal-answered": _appeal_answered,
}
# When these have left, somebody was informed of a restriction.
STATEMENTS = frozenset({"comment-refused", "comment-held", "measure"})
