"""Readers' notices: what becomes of them when somebody decides on the comment."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from agora.actions import statements
from agora.rules import telling
from agora.rules.errors import N_
from agora.rules.moderation import Party, State
from agora.store import reports
from agora.store.comments import Comment
from agora.store.events import Event, Recorded
from agora.store.reports import Outcome, Report, ReportItem
from agora.store.statements import Statement
from agora.store.statements import of_events as statements_of

# What a decision makes of the open reports of a comment, by the state that it leads to; while it waits, so do they.
OUTCOMES = {
    State.PUBLISHED: Outcome.DISMISSED,
    State.REJECTED: Outcome.UPHELD,
    State.HIDDEN: Outcome.UPHELD,
    State.WITHDRAWN: Outcome.MOOT,
    State.ERASED: Outcome.MOOT,
}
SENTENCES = {
    Outcome.OPEN: N_("Nobody has decided yet."),
    Outcome.UPHELD: N_("The comment is no longer shown."),
    Outcome.DISMISSED: N_("The comment stays as it is."),
    Outcome.MOOT: N_("The comment is gone: its writer took it back."),
}
# What became of it later, such as by an appeal.
LATER = {
    (Outcome.UPHELD, State.PUBLISHED): N_("The comment had been taken away; it is shown again."),
    (Outcome.DISMISSED, State.HIDDEN): N_("The comment had stayed; it is no longer shown."),
    (Outcome.DISMISSED, State.REJECTED): N_("The comment had stayed; it is no longer shown."),
}


def is_asked(session: Session, comment: Comment) -> bool:
    """Whether a report of this comment waits for an answer."""
    return bool(reports.open_items(session, comment.id))


def settle(session: Session, comment: Comment, event: Recorded) -> list[reports.ReportItem]:
    """Answer what was reported of this comment by the decision of this event; gives what was answered."""
    outcome = OUTCOMES.get(comment.state)
    answered = reports.open_items(session, comment.id) if outcome else []
    for item in answered:
        item.outcome, item.decided_at, item.event_id = outcome or Outcome.OPEN, event.at, event.id
    return answered


def reopen(session: Session, event_id: int) -> None:
    """The decision was taken back: its reports wait again."""
    for item in reports.items_decided_by(session, event_id):
        item.outcome, item.decided_at, item.event_id = Outcome.OPEN, None, None


@dataclass(frozen=True)
class Answer:
    """What became of one comment that a report named, in plain words (art. 16(5) and (6))."""

    item: ReportItem
    outcome: str
    decided: str  # by a person or a program
    charter_id: int | None
    clause: tuple[int, str] | None
    law: str
    explanation: str  # for whoever wrote the comment, where something was done against it
    contest_until: datetime | None  # where it stays


def answers(session: Session, report: Report) -> list[Answer]:
    """For each comment of a report, which comes in full, what was decided and why."""
    stated = statements_of(session, [item.event_id for item in report.items if item.event_id])
    return [_answer(session, item, stated.get(item.event_id or 0)) for item in report.items]


def _answer(session: Session, item: ReportItem, statement: Statement | None) -> Answer:
    event = session.get(Event, item.event_id) if item.event_id else None
    if event is None or item.outcome not in {Outcome.UPHELD, Outcome.DISMISSED}:
        # Of a comment that its writer took back, nobody decided anything.
        return Answer(item, SENTENCES[item.outcome], "", None, None, "", "", None)
    stays = item.outcome is Outcome.DISMISSED and item.decided_at is not None
    return Answer(
        item=item,
        outcome=LATER.get((item.outcome, item.comment.state), SENTENCES[item.outcome]),
        decided=telling.BY_PROGRAM if event.party is Party.POLICY else telling.BY_PERSON,
        charter_id=event.charter_id,
        clause=statements.clause_of(session, event.charter_id, event.clause),
        law=statement.law if statement else "",
        explanation=event.explanation,
        contest_until=telling.contest_until(item.decided_at) if item.decided_at and stays else None,
    )
