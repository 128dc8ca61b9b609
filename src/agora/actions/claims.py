"""Taking a case in hand: others see by whom, and after a while it is free again. It keeps nobody from deciding."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from agora.rules.errors import N_, Conflict
from agora.store import cases, queue
from agora.store.comments import Comment
from agora.store.people import Person

LASTS = timedelta(minutes=10)


def claim(session: Session, comment: Comment, *, person: Person, now: datetime) -> None:
    """Take a case in hand, or keep it for longer. Raises Conflict where somebody else has it, or nobody needs to."""
    case = cases.of_comment(session, comment.id)
    if case is None:
        raise Conflict(N_("Nothing waits for an answer here any more."))
    if not queue.claim(session, case, person.id, until=now + LASTS, now=now):
        raise Conflict(N_("Somebody else has taken this case in hand."))


def release(session: Session, comment: Comment, *, person: Person) -> None:
    """Give a case back before its time."""
    if case := cases.of_comment(session, comment.id):
        queue.release(session, case, person.id)
