"""Comments, their revisions and those who wrote them without an account; and every question asked of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from markupsafe import Markup
from sqlalchemy import JSON, ForeignKey, Index, Select, String, Text, bindparam, func, select, text, tuple_, update
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from agora.rules.moderation import State
from agora.rules.policy import Mode, Reason
from agora.store.columns import Base, Identity, SafeHtml, UtcDateTime, Words, one_of
from agora.store.posts import Post, PostState


class Commenter(Base):
    """Who stands behind an address: trust and letters belong to it once it was confirmed."""

    __tablename__ = "commenters"

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    verified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    proven_from: Mapped[str] = mapped_column(String(32), default="")  # keyed hash of network and browser


class Comment(Base):
    __tablename__ = "comments"
    __table_args__ = (
        one_of("state", State),
        one_of("mode", Mode),
        Index(
            "ix_comments_threads",
            "post_id",
            "id",
            postgresql_where=text("parent_id IS NULL AND shown_in_thread > 0"),
            sqlite_where=text("parent_id IS NULL AND shown_in_thread > 0"),
        ),
        Index(None, "root_id", "id"),
        Index(None, "state", "id"),
        Index(None, "state", "published_at", "id"),
        Index(None, "post_id", "published_at", "id"),
        Index(None, "commenter_id", "state"),
        Index(None, "source", "created_at"),
        Index(None, "fingerprint", "created_at"),
        Index(None, "person_id"),
        Index(None, "parent_id"),
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("comments.id", ondelete="CASCADE"))
    root_id: Mapped[int | None] = mapped_column(ForeignKey("comments.id", ondelete="CASCADE"))  # None: is a root
    commenter_id: Mapped[int | None] = mapped_column(ForeignKey("commenters.id", ondelete="SET NULL"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    name: Mapped[str] = mapped_column(String(80))
    website: Mapped[str] = mapped_column(Text, default="")
    language: Mapped[str] = mapped_column(String(8))
    state: Mapped[State] = mapped_column(Words(State))
    mode: Mapped[Mode] = mapped_column(Words(Mode))  # the moderation mode that applied
    version: Mapped[int] = mapped_column(default=1)  # grows with every revision and every change of state
    # The revision that stands. No foreign key: two tables that point at each other cannot be made or filled in order.
    revision_id: Mapped[int | None] = mapped_column(Identity, index=True)
    letters: Mapped[bool] = mapped_column(default=False)  # asked for letters about this comment
    source: Mapped[str] = mapped_column(String(32), default="")  # keyed hash of the network address
    fingerprint: Mapped[str] = mapped_column(String(64))  # of the folded words, to recognise repeats
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    edited_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    shown_in_thread: Mapped[int] = mapped_column(default=0)  # on a root: published comments in its thread

    post: Mapped[Post] = relationship(lazy="raise")
    parent: Mapped["Comment | None"] = relationship(lazy="raise", remote_side="Comment.id", foreign_keys=[parent_id])
    commenter: Mapped[Commenter | None] = relationship(lazy="raise")
    revision: Mapped["CommentRevision"] = relationship(
        lazy="raise", primaryjoin="foreign(Comment.revision_id) == CommentRevision.id", viewonly=True
    )

    @property
    def thread_id(self) -> int:
        return self.root_id or self.id


class CommentRevision(Base):
    """A text as it was sent, with the HTML it became and the reasons the policy found in it."""

    __tablename__ = "comment_revisions"
    __table_args__ = (Index(None, "comment_id", "number", unique=True),)

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    comment_id: Mapped[int] = mapped_column(ForeignKey("comments.id", ondelete="CASCADE"))
    number: Mapped[int]
    body: Mapped[str] = mapped_column(Text)
    html: Mapped[Markup] = mapped_column(SafeHtml)
    renderer: Mapped[int]
    reasons: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    @property
    def why(self) -> list[Reason]:
        return [Reason.from_data(stored) for stored in self.reasons]


@dataclass(frozen=True)
class ThreadLine:
    """What a page or feed prints of a comment. `html` and `name` are to be shown only when it is published."""

    id: int
    parent_id: int | None
    state: State
    name: str
    website: str
    html: Markup
    created_at: datetime
    published_at: datetime | None
    edited_at: datetime | None
    person_id: int | None
    language: str

    @property
    def is_public(self) -> bool:
        return self.state is State.PUBLISHED


_LINE = (
    Comment.id,
    Comment.parent_id,
    Comment.state,
    Comment.name,
    Comment.website,
    CommentRevision.html,
    Comment.created_at,
    Comment.published_at,
    Comment.edited_at,
    Comment.person_id,
    Comment.language,
)


def public_comments() -> Select[Comment]:
    """What the public may see of comments: published, under a published post."""
    return (
        select(Comment)
        .join(Post, Post.id == Comment.post_id)
        .where(Comment.state == State.PUBLISHED, Post.state == PostState.PUBLISHED)
    )


def _shown_roots(post_id: int) -> Select[int]:
    return select(Comment.id).where(
        Comment.post_id == post_id, Comment.parent_id.is_(None), Comment.shown_in_thread > 0
    )


def threads_page(session: Session, post_id: int, *, page: int, size: int) -> list[ThreadLine]:
    """All that belongs to one page of threads, parents before replies; held and removed comments among them."""
    roots = session.scalars(_shown_roots(post_id).order_by(Comment.id).offset((page - 1) * size).limit(size)).all()
    if not roots:
        return []
    query = (
        select(*_LINE)
        .join(CommentRevision, CommentRevision.id == Comment.revision_id)
        .where(Comment.id.in_(roots) | Comment.root_id.in_(roots))
        .order_by(Comment.id)
    )
    return [ThreadLine(*row) for row in session.execute(query)]


def page_of(session: Session, comment: Comment, *, size: int) -> int:
    """The page of its post's discussion that holds this comment."""
    earlier = _shown_roots(comment.post_id).where(Comment.id < comment.thread_id).subquery()
    return 1 + (session.scalar(select(func.count()).select_from(earlier)) or 0) // size


def on_a_public_post(session: Session, comment_id: int) -> Comment | None:
    """A comment that a page may show, be it as a tombstone: once public, in a thread that shows something."""
    root = select(Comment.id).where(Comment.shown_in_thread > 0).subquery()
    query = (
        select(Comment)
        .join(Post, Post.id == Comment.post_id)
        .join(root, root.c.id == func.coalesce(Comment.root_id, Comment.id))
        .where(Comment.id == comment_id, Post.state == PostState.PUBLISHED, Comment.published_at.is_not(None))
        .options(joinedload(Comment.post))
    )
    return session.scalar(query)


def public_comment(session: Session, comment_id: int, post_id: int) -> Comment | None:
    """A published comment of this post: one that can be answered."""
    query = public_comments().where(Comment.id == comment_id, Comment.post_id == post_id)
    return session.scalar(query.options(joinedload(Comment.revision)))


@dataclass(frozen=True)
class FeedLine(ThreadLine):
    post_id: int
    post_slug: str
    post_title: str


def feed_page(
    session: Session, *, post_id: int | None, before: tuple[datetime, int] | None, size: int
) -> list[FeedLine]:
    """The newest public comments, of the site or of one post, published before this (time, id)."""
    query = (
        public_comments()
        .with_only_columns(*_LINE, Post.id, Post.slug, Post.title)
        .join(CommentRevision, CommentRevision.id == Comment.revision_id)
        .order_by(Comment.published_at.desc(), Comment.id.desc())
        .limit(size)
    )
    if post_id is not None:
        query = query.where(Comment.post_id == post_id)
    if before:
        query = query.where(tuple_(Comment.published_at, Comment.id) < before)
    rows: Iterable[Any] = session.execute(query)
    return [FeedLine(*row) for row in rows]


def comment_in_full(session: Session, comment_id: int) -> Comment | None:
    """A comment with its post, text, parent and commenter, whatever its state."""
    query = select(Comment).where(Comment.id == comment_id).options(*_IN_FULL)
    return session.scalar(query)


_IN_FULL = (
    joinedload(Comment.post),
    joinedload(Comment.revision),
    joinedload(Comment.commenter),
    joinedload(Comment.parent).joinedload(Comment.revision),
)


def queue(session: Session, state: State, *, after: int | None, before: int | None, size: int) -> Sequence[Comment]:
    """A page of cases: those that wait oldest first (`after` an id), the others newest first (`before` one)."""
    query = select(Comment).where(Comment.state == state).options(*_IN_FULL).limit(size)
    if state is State.PENDING:
        query = query.order_by(Comment.id)
        return session.scalars(query.where(Comment.id > after) if after else query).all()
    query = query.order_by(Comment.id.desc())
    return session.scalars(query.where(Comment.id < before) if before else query).all()


def counts_by_state(session: Session) -> dict[State, int]:
    rows = session.execute(select(Comment.state, func.count()).group_by(Comment.state))
    return {state: count for state, count in rows}


def oldest_waiting(session: Session) -> datetime | None:
    query = select(Comment.created_at).where(Comment.state == State.PENDING).order_by(Comment.id).limit(1)
    return session.scalar(query)


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


def change_state(session: Session, comment: Comment, to: State, *, published_at: datetime | None) -> bool:
    """Set the state if nobody changed the comment since it was read; False if somebody did."""
    changed = session.execute(
        update(Comment)
        .where(Comment.id == comment.id, Comment.version == comment.version, Comment.state == comment.state)
        .values(state=to, version=Comment.version + 1, published_at=published_at)
        .returning(Comment.version)
        .execution_options(synchronize_session=False)
    ).scalar()
    if changed is None:
        return False
    session.refresh(comment, ["state", "version", "published_at"])
    return True


def change_text(session: Session, comment: Comment, *, revision_id: int, fingerprint: str, edited_at: datetime) -> bool:
    """Put another revision in force if nobody changed the comment since it was read; False if somebody did."""
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


_comments: Any = Comment.__table__
_posts: Any = Post.__table__
_COUNT_IN_THREAD = (
    update(_comments)
    .where(_comments.c.id == bindparam("thread"))
    .values(shown_in_thread=_comments.c.shown_in_thread + bindparam("by"))
    .returning(_comments.c.shown_in_thread)
)
_COUNT_IN_POST = (
    update(_posts)
    .where(_posts.c.id == bindparam("post"))
    .values(
        comment_count=_posts.c.comment_count + bindparam("by"),
        thread_count=_posts.c.thread_count + bindparam("threads"),
    )
)


def count_public_change(session: Session, comment: Comment, *, by: int, now: datetime) -> None:
    """Keep the counts of the thread and the post, in the transaction in which a comment appears (+1) or goes (-1)."""
    shown = session.execute(_COUNT_IN_THREAD, {"thread": comment.thread_id, "by": by}).scalar_one()
    threads = {(1, 1): 1, (0, -1): -1}.get((shown, by), 0)
    session.execute(_COUNT_IN_POST, {"post": comment.post_id, "by": by, "threads": threads})
