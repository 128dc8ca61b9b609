"""Lists of comments for the desk, and how many there are of each kind."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session, joinedload

from agora.rules.moderation import State
from agora.store import tallies
from agora.store.comments import IN_FULL, Comment
from agora.store.posts import Post

# The first beyond all ids.
_LAST = 2**62


def of_state(
    session: Session, state: State, *, before: int | None, size: int, under_posts_of: int | None = None
) -> Sequence[Comment]:
    """A page of the comments in this state, the newest first, `before` an id.

    `under_posts_of` leaves those under the posts that this person started.
    """
    last = before or _LAST
    if under_posts_of is not None:
        theirs = select(Post.id).where(Post.created_by == under_posts_of)
        query = select(Comment).where(Comment.post_id.in_(theirs), Comment.state == state, Comment.id < last)
    else:
        query = select(Comment).where((state, last) > _PLACE, Comment.state >= state).order_by(Comment.state.desc())
    return session.scalars(query.order_by(Comment.id.desc()).options(*IN_FULL).limit(size)).all()


# A range of (state, id) and its order is asked for, and not one state by id: those that wait are the latest of all, and
# PostgreSQL, which does not know that, would look for them among all comments from the first one on.
_PLACE = tuple_(Comment.state, Comment.id)
_OLDEST_WAITING = (
    select(Comment.created_at)
    .where(_PLACE > (State.PENDING, 0), Comment.state <= State.PENDING)
    .order_by(Comment.state, Comment.id)
    .limit(1)
)


def counts_by_state(session: Session) -> dict[State, int]:
    names = {tallies.of_state(state): state for state in State}
    return {names[name]: count for name, count in tallies.counts(session, names).items()}


def oldest_waiting(session: Session) -> datetime | None:
    return session.scalar(_OLDEST_WAITING)


def records_of(session: Session, commenter_ids: set[int]) -> dict[int, dict[State, int]]:
    """For each commenter, how many comments there are in each state."""
    query = (
        select(Comment.commenter_id, Comment.state, func.count())
        .where(Comment.commenter_id.in_(commenter_ids))
        .group_by(Comment.commenter_id, Comment.state)
    )
    records: dict[int, dict[State, int]] = {id_: {} for id_ in commenter_ids}
    for commenter_id, state, count in session.execute(query):
        if commenter_id is not None:
            records[commenter_id][state] = count
    return records


def comments_of(session: Session, commenter_id: int, *, size: int) -> Sequence[Comment]:
    """The latest comments of one address."""
    query = select(Comment).where(Comment.commenter_id == commenter_id).order_by(Comment.id.desc()).limit(size)
    return session.scalars(query.options(joinedload(Comment.revision), joinedload(Comment.post))).all()
