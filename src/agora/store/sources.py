"""All that came from one source: an e-mail address, or a network whose keyed hash stands with each comment."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func, null, select
from sqlalchemy.orm import Session, joinedload

from agora.rules.moderation import State
from agora.store.comments import IN_FULL, Comment


@dataclass(frozen=True)
class Origin:
    """An address or, where there is none, a network."""

    commenter_id: int | None = None
    source: str = ""

    @property
    def is_known(self) -> bool:
        return self.commenter_id is not None or bool(self.source)

    @property
    def theirs(self) -> ColumnElement[bool]:
        if self.commenter_id is not None:
            return Comment.commenter_id == self.commenter_id
        return Comment.source == self.source

    @property
    def theirs_that_wait(self) -> ColumnElement[bool]:
        if self.commenter_id is not None:
            return and_(self.theirs, Comment.state == State.PENDING)
        # Of a network few come, of what waits there may be many: SQLite, which keeps no statistics, is to look there.
        return and_(self.theirs, func.coalesce(Comment.state, null()) == State.PENDING)


def latest(session: Session, origin: Origin, *, size: int) -> Sequence[Comment]:
    """The latest comments, whatever their state."""
    # By the index of each: that of networks has the order of time, which is that of the ids.
    order = Comment.id.desc() if origin.commenter_id is not None else Comment.created_at.desc()
    query = select(Comment).where(origin.theirs).order_by(order, Comment.id.desc()).limit(size)
    return session.scalars(query.options(joinedload(Comment.revision), joinedload(Comment.post))).all()


def waiting(session: Session, origin: Origin, *, size: int) -> Sequence[Comment]:
    """Those that wait for a moderator, the earliest first."""
    query = select(Comment).where(origin.theirs_that_wait).order_by(Comment.id).limit(size)
    return session.scalars(query.options(*IN_FULL)).all()


def count_waiting(session: Session, origin: Origin) -> int:
    return session.scalar(select(func.count(Comment.id)).where(origin.theirs_that_wait)) or 0
