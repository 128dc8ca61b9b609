"""Who is to be told of what: deliveries left in the same transaction as the event they tell of."""

from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from agora.rules.limits import RATES
from agora.rules.moderation import UNDO_SECONDS, Decision, Party, State
from agora.store import events, people, subscriptions
from agora.store.comments import Comment
from agora.store.events import Recorded
from agora.store.statements import Statement


def for_new_comment(session: Session, event: Recorded, comment: Comment, *, waits: bool = True) -> None:
    """Moderators learn that a comment waits; its writer gets the address of their own page, if they asked for it."""
    if comment.state is State.PENDING and waits:
        call_moderators(session, event, "comment-waits")
    if comment.letters and event.kind == "comment.posted":
        for_confirmation(session, event, comment)


def call_moderators(session: Session, event: Recorded, letter: str, **columns: Any) -> None:
    """Tell those who moderate and want letters that something waits."""
    called = [{"person_id": person_id, **columns} for person_id in people.moderators(session)]
    events.deliver(session, event, letter, *called)


def for_confirmation(session: Session, event: Recorded, comment: Comment) -> None:
    """The letter with the address of the commenter's own page and the link that confirms the address."""
    if comment.commenter_id is not None and is_not_pestered(session, comment.commenter_id, event):
        events.deliver(session, event, "comment-received", {"commenter_id": comment.commenter_id})


def is_not_pestered(session: Session, commenter_id: int, event: Recorded) -> bool:
    """Anyone can type anyone's address into the form, so only so many letters an hour go to it unconfirmed."""
    rate = RATES["letter-address"]
    since = event.at - timedelta(seconds=rate.seconds)
    return events.letters_to_commenter_since(session, commenter_id, since) < rate.count


# A moderator's decision can be taken back for so long: nobody is told of what was never meant.
UNDO = timedelta(seconds=UNDO_SECONDS)


def for_decision(session: Session, event: Recorded, comment: Comment, statement: Statement | None) -> None:
    """The writer learns what became of the comment: if they asked for it, and with a restriction whenever we can
    reach them (art. 17(1)). Spam is not answered.
    """
    to = {"commenter_id": comment.commenter_id, "person_id": comment.person_id}
    if comment.commenter_id is None and comment.person_id is None:
        return
    if statement is not None and statement.exempt is None:
        letter, wait = RESTRICTED[statement.party is Party.POLICY]
        events.deliver(session, event, letter, to, wait=wait)
    elif event.decision in {Decision.APPROVE, Decision.RESTORE} and comment.letters:
        events.deliver(session, event, "comment-published", to, wait=UNDO)


# What the policy decides, nobody takes back.
RESTRICTED = {False: ("comment-refused", UNDO), True: ("comment-held", timedelta())}


def for_reply(session: Session, event: Recorded, comment: Comment) -> None:
    """Whoever follows the answered comment learns of the answer, once it is public and not before."""
    if comment.parent_id is None:
        return
    subscription = subscriptions.of_comment(session, comment.parent_id)
    if subscription is None or not subscription.is_active or subscription.commenter_id == comment.commenter_id:
        return
    to = {"commenter_id": subscription.commenter_id, "subscription_id": subscription.id}
    events.deliver(session, event, "reply", to, wait=UNDO if event.kind == "comment.decided" else timedelta())
