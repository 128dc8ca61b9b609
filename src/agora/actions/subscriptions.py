"""Following the answers to one's comment, by double opt-in."""

from datetime import datetime

from sqlalchemy.orm import Session

from agora.store import subscriptions
from agora.store.comments import Comment
from agora.store.subscriptions import Subscription


def ask(session: Session, comment: Comment, commenter_id: int, *, now: datetime) -> Subscription:
    """Note the wish; nothing is sent for it before the address is confirmed."""
    subscription = subscriptions.of_comment(session, comment.id)
    if subscription is None:
        subscription = Subscription(comment_id=comment.id, commenter_id=commenter_id, asked_at=now)
        session.add(subscription)
    if subscription.ended_at is not None:
        subscription.ended_at = subscription.confirmed_at = None  # who comes back is asked again
    session.flush()
    return subscription


def confirm(session: Session, comment: Comment, *, now: datetime) -> None:
    """The address is confirmed for this comment: the letters that were asked for begin."""
    subscription = subscriptions.of_comment(session, comment.id)
    if subscription and subscription.ended_at is None:
        subscription.confirmed_at = subscription.confirmed_at or now


def end(session: Session, subscription: Subscription, *, now: datetime) -> None:
    """Stop the letters; doing so twice is as good as once (RFC 8058, 3.1)."""
    subscription.ended_at = subscription.ended_at or now
