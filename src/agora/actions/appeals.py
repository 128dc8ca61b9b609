"""Appeals (art. 20): who may decide them, and what becomes of them when somebody decides on the comment."""

from sqlalchemy.orm import Session

from agora.rules.errors import N_, FieldErrors, Message, Refused
from agora.rules.moderation import State
from agora.store import appeals, people
from agora.store.appeals import Appeal, Appellant, Ruling
from agora.store.comments import Comment
from agora.store.events import Recorded
from agora.store.people import Person

# By who appeals and the state that the answer leads to.
RULINGS = {
    (Appellant.COMMENTER, State.PUBLISHED): Ruling.GRANTED,
    (Appellant.COMMENTER, State.HIDDEN): Ruling.REFUSED,
    (Appellant.COMMENTER, State.REJECTED): Ruling.REFUSED,
    (Appellant.NOTIFIER, State.PUBLISHED): Ruling.REFUSED,
    (Appellant.NOTIFIER, State.HIDDEN): Ruling.GRANTED,
    (Appellant.NOTIFIER, State.REJECTED): Ruling.GRANTED,
}


def check(session: Session, comment: Comment, person: Person | None, explanation: str) -> None:
    """Refuse an answer that would break art. 20(4) and (6): by whom the decision came from, or without reasons.

    Raises Refused, and FieldErrors for `explanation`.
    """
    waiting = appeals.open_appeals(session, comment.id)
    if not waiting or person is None:
        return
    if any(appeal.decided_by == person.id for appeal in waiting) and people.another_moderator(session, person.id):
        raise Refused(N_("You took the decision that is contested here: somebody else must answer the appeal."))
    if not explanation.strip():
        raise FieldErrors({"explanation": Message(N_("An appeal is answered with reasons: please write them."))})


def settle(
    session: Session, comment: Comment, event: Recorded, person: Person | None, explanation: str
) -> list[Appeal]:
    """Answer the appeals about this comment by the decision of this event; gives those that were answered."""
    if comment.state is State.PENDING:
        return []
    answered = appeals.open_appeals(session, comment.id)
    for appeal in answered:
        appeal.ruling = RULINGS.get((appeal.appellant, comment.state), Ruling.MOOT)
        appeal.reviewer_id = person.id if person else None
        appeal.same_person = person is not None and appeal.decided_by == person.id
        appeal.answer, appeal.answered_at, appeal.event_id = explanation, event.at, event.id
    return answered


def reopen(session: Session, event_id: int) -> None:
    """The answer was taken back: its appeals wait again."""
    for appeal in appeals.answered_by(session, event_id):
        appeal.ruling, appeal.answer, appeal.same_person = Ruling.OPEN, "", False
        appeal.reviewer_id = appeal.answered_at = appeal.event_id = None
