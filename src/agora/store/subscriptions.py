"""Who wants a letter when somebody answers a comment of theirs; nothing is sent before they confirmed their address."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, select
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from agora.store.columns import Base, Identity, UtcDateTime
from agora.store.comments import Comment, Commenter


class Subscription(Base):
    __tablename__ = "subscriptions"
    __table_args__ = (Index(None, "comment_id", unique=True), Index(None, "commenter_id"))

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    comment_id: Mapped[int] = mapped_column(ForeignKey("comments.id", ondelete="CASCADE"))
    commenter_id: Mapped[int] = mapped_column(ForeignKey("commenters.id", ondelete="CASCADE"))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    comment: Mapped[Comment] = relationship(lazy="raise")
    commenter: Mapped[Commenter] = relationship(lazy="raise")

    @property
    def is_active(self) -> bool:
        return self.confirmed_at is not None and self.ended_at is None


def of_comment(session: Session, comment_id: int) -> Subscription | None:
    return session.scalar(select(Subscription).where(Subscription.comment_id == comment_id))


def in_full(session: Session, subscription_id: int) -> Subscription | None:
    query = select(Subscription).where(Subscription.id == subscription_id)
    return session.scalar(
        query.options(joinedload(Subscription.comment).joinedload(Comment.post), joinedload(Subscription.commenter))
    )
