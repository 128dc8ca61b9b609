"""Readers' notices: what becomes of them when somebody decides on the comment."""

from sqlalchemy.orm import Session

from agora.rules.moderation import State
from agora.store import reports
from agora.store.comments import Comment
from agora.store.events import Recorded
from agora.store.reports import Outcome

# What a decision makes of the open reports of a comment, by the state that it leads to; while it waits, so do they.
OUTCOMES = {
    State.PUBLISHED: Outcome.DISMISSED,
    State.REJECTED: Outcome.UPHELD,
    State.HIDDEN: Outcome.UPHELD,
    State.WITHDRAWN: Outcome.MOOT,
    State.ERASED: Outcome.MOOT,
}


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
