"""Discussions as they are read: threads page by page, a long thread part by part.

Every question costs the same in a discussion of twenty comments and in one of a hundred thousand: threads are found by
their number, replies by their path, and nothing is counted or skipped.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from markupsafe import Markup
from sqlalchemy import ColumnElement, Integer, Select, bindparam, case, func, literal_column, select
from sqlalchemy.orm import Session

from agora.rules import threads
from agora.rules.moderation import State
from agora.store.comments import Comment, CommentRevision
from agora.store.posts import Post, PostState

# Greater than every path.
_END = "~"
# A literal, as in the index that holds only what is shown: a bound value could be any number.
_ZERO: ColumnElement[int] = literal_column("0")


class ThreadLine(NamedTuple):
    """What a page prints of a comment, and where it stands. Its text and name are shown only when it is published."""

    id: int
    parent_id: int | None
    root_id: int | None
    path: str | None
    shown_in_thread: int
    state: State
    person_id: int | None
    name: str
    website: str
    html: Markup
    created_at: datetime
    is_edited: bool

    @property
    def is_public(self) -> bool:
        return self.state is State.PUBLISHED


# Columns of the tables, and not of the entities: what is asked of these takes no way through the ORM.
_comment, _revision = Comment.__table__.c, CommentRevision.__table__.c
_LINE: tuple[ColumnElement[Any], ...] = (
    _comment.id,
    _comment.parent_id,
    _comment.root_id,
    _comment.path,
    _comment.shown_in_thread,
    _comment.state,
    _comment.person_id,
    _comment.name,
    _comment.website,
    _revision.html,
    _comment.created_at,
    _comment.edited_at.is_not(None),
)


def _lines() -> Select[Any]:
    query: Select[Any] = select(*_LINE)
    return query.join(CommentRevision.__table__, _revision.id == _comment.revision_id)


@dataclass
class Thread:
    """A thread as far as a page shows it: its lines in order, and the id of the first reply that is not among them."""

    lines: list[ThreadLine]
    next: int | None = None

    @property
    def root(self) -> ThreadLine:
        return self.lines[0]

    @property
    def left_out(self) -> int:
        """How many published comments of the thread are not among its lines."""
        return max(1, self.root.shown_in_thread - sum(line.is_public for line in self.lines))


def threads_page(session: Session, post_id: int, *, page: int, size: int, replies: int) -> list[Thread]:
    """The threads with the numbers of this page, each with about so many of its first replies.

    Threads of which nothing is public any more leave a gap: what is on which page never changes.
    """
    asked = {"post_id": post_id, "first": (page - 1) * size + 1, "last": page * size, "size": size}
    found = {line.id: Thread([line]) for line in _rows(session, _FIRST_COMMENTS, asked)}
    cut: dict[int, int] = {}
    for line in _rows(session, _FIRST_REPLIES, {"roots": list(found), "replies": replies}):
        assert line.root_id is not None  # noqa: S101 - it is a reply
        thread = found[line.root_id]
        if len(thread.lines) <= replies or thread.root.shown_in_thread <= replies:
            thread.lines.append(line)
        else:
            cut.setdefault(line.root_id, line.id)
    for root_id, next_id in cut.items():
        found[root_id].next = next_id
    return list(found.values())


def _path_at(root_id: Any, replies: Any) -> ColumnElement[str | None]:
    """The path of the reply that stands after so many others of a thread."""
    one = Comment.__table__.alias("one").c
    query = select(one.path).where(one.root_id == root_id, one.shown_in_thread > _ZERO)
    return query.order_by(one.path).limit(1).offset(replies).scalar_subquery()


def _first_comments() -> Select[Any]:
    """Those that are shown of the threads with these numbers."""
    numbers = _comment.thread_number >= bindparam("first"), _comment.thread_number <= bindparam("last")
    query = _lines().where(_comment.post_id == bindparam("post_id"), *numbers, _comment.shown_in_thread > _ZERO)
    # There are never more; but PostgreSQL, which sees that every post has a first thread, would expect thousands.
    return query.order_by(_comment.thread_number).limit(bindparam("size", type_=Integer))


def _first_replies() -> Select[Any]:
    """The replies of these threads; of a long thread as many as are shown, and one that is not."""
    root = Comment.__table__.alias("root")
    is_long = root.c.shown_in_thread > bindparam("replies")
    end = case((is_long, func.coalesce(_path_at(root.c.id, bindparam("replies")), _END)), else_=_END)
    return (
        _lines()
        .join(root, root.c.id == _comment.root_id)
        .where(root.c.id.in_(bindparam("roots", expanding=True)))
        .where(_comment.shown_in_thread > _ZERO, _comment.path <= end)
        .order_by(
            root.c.id, _comment.path
        )  # and not by root_id, the same number: SQLite would not see that it is in order
    )


# Written once: SQLAlchemy takes longer to put them together than the database to answer them.
_FIRST_COMMENTS, _FIRST_REPLIES = _first_comments(), _first_replies()


def _rows(session: Session, query: Select[Any], asked: Mapping[str, Any] | None = None) -> list[ThreadLine]:
    return [ThreadLine._make(row) for row in session.execute(query, asked).all()]


@dataclass(frozen=True)
class Part:
    """Some replies of a long thread in order; `above` holds who is answered or stands above them, by id."""

    lines: list[ThreadLine]
    above: dict[int, ThreadLine]
    before: int | None  # the first of `lines`, if others stand before it
    next: int | None  # the first reply after them


_OF_THREAD = _lines().where(_comment.root_id == bindparam("root_id"), _comment.shown_in_thread > _ZERO)
_ON = _OF_THREAD.where(_comment.path >= bindparam("path")).order_by(_comment.path)
_BACK = _OF_THREAD.where(_comment.path < bindparam("path")).order_by(_comment.path.desc())


def thread_part(session: Session, root_id: int, *, start: str, size: int) -> Part:
    """The replies from this path on."""
    asked = {"root_id": root_id, "path": start}
    found = _rows(session, _ON.limit(size + 1), asked)
    is_first = session.scalar(_first_id(_BACK), asked) is None
    return _part(session, root_id, found[:size], is_first=is_first, next_id=found[size].id if found[size:] else None)


def thread_part_before(session: Session, root_id: int, *, end: str, size: int) -> Part:
    """The last replies before this path."""
    asked = {"root_id": root_id, "path": end}
    found = _rows(session, _BACK.limit(size + 1), asked)
    next_id = session.scalar(_first_id(_ON), asked)
    return _part(session, root_id, found[:size][::-1], is_first=len(found) <= size, next_id=next_id)


def _first_id(query: Select[Any]) -> Select[Any]:
    return query.with_only_columns(_comment.id).limit(1)


def _part(session: Session, root_id: int, lines: list[ThreadLine], *, is_first: bool, next_id: int | None) -> Part:
    wanted = {root_id, *(line.parent_id for line in lines if line.parent_id)}
    if lines:
        wanted.update(threads.lineage(lines[0].path or ""))
    wanted -= {line.id for line in lines}
    above = _rows(session, _lines().where(_comment.id.in_(sorted(wanted))))
    return Part(lines, {line.id: line for line in above}, lines[0].id if lines and not is_first else None, next_id)


@dataclass(frozen=True)
class Position:
    """Where a comment is shown: which thread of which post, and whether only on the pages of that thread."""

    comment_id: int
    root_id: int
    post_slug: str
    thread_number: int
    path: str
    is_far: bool


def _position() -> Select[Any]:
    root, post = Comment.__table__.alias("root"), Post.__table__
    return (
        select(_comment.id, root.c.id, post.c.slug, root.c.thread_number, _comment.path, root.c.shown_in_thread)
        .join(root, root.c.id == func.coalesce(_comment.root_id, _comment.id))
        .join(post, post.c.id == _comment.post_id)
        .where(_comment.id == bindparam("comment_id"), _comment.shown_in_thread > _ZERO)
        .where(post.c.state == PostState.PUBLISHED, root.c.thread_number.is_not(None))
    )


_POSITION, _CUT = _position(), select(_path_at(bindparam("root_id"), bindparam("replies")))


def position_of(session: Session, comment_id: int, *, replies: int) -> Position | None:
    """Where to find a comment that pages show, be it as a note; `replies` as for `threads_page`."""
    row = session.execute(_POSITION, {"comment_id": comment_id}).one_or_none()
    if row is None:
        return None
    id_, root_id, slug, number, path, shown = row
    is_far = False
    if path and shown > replies:
        cut = session.scalar(_CUT, {"root_id": root_id, "replies": replies})
        is_far = cut is not None and path >= cut
    return Position(id_, root_id, slug, number, path or "", is_far)


def path_in_thread(session: Session, root_id: int, comment_id: int) -> str | None:
    """Where a reply of this thread stands in it, shown or not; None if it was never public, or belongs elsewhere."""
    return session.scalar(select(Comment.path).where(Comment.id == comment_id, Comment.root_id == root_id))
