"""Following the answers to one's comment, by double opt-in."""

from datetime import datetime

from sqlalchemy.orm import Session

from agora.store import subscriptions
from agora.store.comments import Comment, Commenter
from agora.store.subscriptions import Subscription


def ask(session: Session, comment: Comment, commenter: Commenter, *, now: datetime) -> Subscription:
    """Note the wish; nothing is sent for it before the address is confirmed."""
    subscription = subscriptions.of_comment(session, comment.id)
    if subscription is None:
        subscription = Subscription(comment_id=comment.id, commenter_id=commenter.id, asked_at=now)
        session.add(subscription)
    subscription.ended_at = None
    session.flush()
    return subscription


def confirm_all(session: Session, commenter: Commenter, *, now: datetime) -> None:
    """The address is confirmed: all that it asked for begins."""
    for subscription in subscriptions.unconfirmed_of(session, commenter.id):
        subscription.confirmed_at = now


def end(session: Session, subscription: Subscription, *, now: datetime) -> None:
    """Stop the letters; doing so twice is as good as once (RFC 8058, 3.1)."""
    subscription.ended_at = subscription.ended_at or now
