"""What changes comments, each in one statement that holds for what was looked at; and the counts that follow."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from markupsafe import Markup
from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session, make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value

from agora.rules import threads
from agora.rules.moderation import State
from agora.store import tallies
from agora.store.commenting import Place
from agora.store.comments import Comment, CommentRevision
from agora.store.posts import Post
from agora.store.prepared import Prepared, insert_of

_comments: Any = Comment.__table__
_posts: Any = Post.__table__
_revisions: Any = CommentRevision.__table__

# What is not known yet: the id, the revision, and that somebody wants it erased.
_WRITTEN = tuple(column.key for column in _comments.c if column.key not in {"id", "revision_id", "erase_asked_at"})
_NEW_COMMENT = insert_of(_comments, *_WRITTEN)
_NEW_REVISION = insert_of(_revisions, *(column.key for column in _revisions.c if column.key != "id"))
_REVISION_STANDS = Prepared(
    update(_comments)
    .where(_comments.c.id == bindparam("comment_id"))
    .values(revision_id=bindparam("standing"), path=bindparam("stands_at"))
)


def unwritten(**columns: Any) -> Comment:
    """A comment for `add`. SQLAlchemy would note of each value that it is still to be written."""
    comment = Comment()
    vars(comment).update(columns)
    return comment


def add(
    session: Session,
    comment: Comment,
    place: Place | None,
    *,
    body: str,
    html: Markup,
    renderer: int,
    reasons: list[Any],
) -> None:
    """Write down a new comment with its first text, at once and without the session's unit of work.

    Where it is public it is counted, on its post and in its thread.
    """
    is_public = comment.state is State.PUBLISHED
    if is_public and place is None:
        comment.thread_number, comment.shown_in_thread = number_of_new_thread(session, comment.post_id), 1
    comment.id = _NEW_COMMENT.number(session, vars(comment))
    standing = add_revision(
        session,
        comment.id,
        number=1,
        body=body,
        html=html,
        renderer=renderer,
        reasons=reasons,
        created_at=comment.created_at,
    )
    path = threads.path_below(place.path, comment.id) if place and is_public else None
    _REVISION_STANDS.run(session, {"comment_id": comment.id, "standing": standing, "stands_at": path})
    set_committed_value(comment, "revision_id", standing)
    set_committed_value(comment, "path", path)
    tallies.add(session, tallies.of_state(comment.state), 1, of=comment.post_id)
    # From here on it is a row that the session has read: nothing is left to write, nothing has to be asked again.
    make_transient_to_detached(comment)
    session.add(comment)
    if is_public and place:
        count_public_change(session, comment, by=1)


def add_revision(session: Session, comment_id: int, **columns: Any) -> int:
    """Keep another text of a comment; its id."""
    return _NEW_REVISION.number(session, {"comment_id": comment_id, **columns})


def path_of_reply(session: Session, comment: Comment) -> str | None:
    """Where a comment stands in its thread once it is public; None for the first one of a thread."""
    if comment.parent_id is None:
        return None
    above = session.scalar(select(Comment.path).where(Comment.id == comment.parent_id))
    return threads.path_below(above or "", comment.id)


def hold_discussions(session: Session, comment_ids: Iterable[int]) -> None:
    """Let nobody else change the discussions of these comments until this transaction ends.

    Always before their comments and in the same order: of two who change a thread, neither waits for the other in a
    circle. It does not hold up who only adds a comment that waits.
    """
    theirs = select(Comment.post_id).where(Comment.id.in_(list(comment_ids)))
    session.execute(select(Post.id).where(Post.id.in_(theirs)).order_by(Post.id).with_for_update(key_share=True))


def change_state(session: Session, comment: Comment, to: State, *, published_at: datetime | None) -> bool:
    """Set the state if nobody changed the comment since it was read; False if somebody did."""
    hold_discussions(session, [comment.id])
    before = comment.state
    path = comment.path or (path_of_reply(session, comment) if published_at else None)
    changed = session.execute(
        update(Comment)
        .where(Comment.id == comment.id, Comment.version == comment.version, Comment.state == before)
        .values(state=to, version=Comment.version + 1, published_at=published_at, path=path)
        .returning(Comment.version)
        .execution_options(synchronize_session=False)
    ).scalar()
    if changed is None:
        return False
    tallies.add(session, tallies.of_state(before), -1, of=comment.post_id)
    tallies.add(session, tallies.of_state(to), 1, of=comment.post_id)
    session.refresh(comment, ["state", "version", "published_at", "path"])
    return True


def forget_publication(session: Session, comment: Comment) -> None:
    """As if it had never been public: after the counts, which follow its place, and while nothing hangs below it."""
    gone = {"published_at": None, "path": None}
    session.execute(update(_comments).where(_comments.c.id == comment.id).values(gone))
    session.refresh(comment, ["published_at", "path"])


def change_text(session: Session, comment: Comment, *, revision_id: int, fingerprint: str, edited_at: datetime) -> bool:
    """Put another revision in force if nobody changed the comment since it was read; False if somebody did."""
    hold_discussions(session, [comment.id])
    changed = session.execute(
        update(Comment)
        .where(Comment.id == comment.id, Comment.version == comment.version, Comment.state == comment.state)
        .values(revision_id=revision_id, fingerprint=fingerprint, edited_at=edited_at, version=Comment.version + 1)
        .returning(Comment.version)
        .execution_options(synchronize_session=False)
    ).scalar()
    if changed is None:
        return False
    session.refresh(comment, ["revision_id", "fingerprint", "edited_at", "version"])
    return True


_COUNT_IN_POST = Prepared(
    update(_posts)
    .where(_posts.c.id == bindparam("post"))
    .values(
        comment_count=_posts.c.comment_count + bindparam("by"),
        thread_count=_posts.c.thread_count + bindparam("begun"),
    )
    .returning(_posts.c.thread_count)
)
_COUNT_ONE = {"shown_in_thread": _comments.c.shown_in_thread + bindparam("by")}
_COUNT_IN_THREAD = (
    update(_comments)
    .where(_comments.c.id.in_(bindparam("those", expanding=True)))
    .values(_COUNT_ONE)
    .returning(_comments.c.id, _comments.c.thread_number)
)
_BEGIN_THREAD = (
    update(_comments)
    .where(_comments.c.id == bindparam("thread"))
    .values({**_COUNT_ONE, "thread_number": func.coalesce(_comments.c.thread_number, bindparam("number"))})
)


def count_public_change(session: Session, comment: Comment, *, by: int) -> None:
    """Keep the counts of post and thread, in the transaction in which a comment appears (+1) or goes (-1).

    The row of the post comes first: whoever changes its discussion at the same moment waits there, and not in a circle.
    """
    begins = comment.parent_id is None and comment.thread_number is None
    number = _count_in_post(session, comment.post_id, by, int(begins))
    if begins:
        session.execute(_BEGIN_THREAD, {"thread": comment.id, "number": number, "by": by})
        session.expire(comment, ["thread_number"])
        return
    shown = session.execute(_COUNT_IN_THREAD, {"those": _lineage(comment), "by": by})
    if {id_: given for id_, given in shown}[comment.thread_id] is None:  # from before numbers were given
        number = _count_in_post(session, comment.post_id, 0, 1)
        session.execute(_BEGIN_THREAD, {"thread": comment.thread_id, "number": number, "by": 0})


def number_of_new_thread(session: Session, post_id: int) -> int:
    """Count a comment that begins a thread, before it is there; it keeps this number for ever."""
    return _count_in_post(session, post_id, 1, 1)


def _count_in_post(session: Session, post_id: int, by: int, begun: int) -> int:
    return _COUNT_IN_POST.number(session, {"post": post_id, "by": by, "begun": begun})


def _lineage(comment: Comment) -> list[int]:
    """The comment, those that it hangs below on the page, and the one that it answers."""
    return sorted({comment.thread_id, *threads.lineage(comment.path or ""), comment.parent_id or comment.id})
