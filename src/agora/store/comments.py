"""Comments, their revisions and those who wrote them without an account; and how one of them is found."""

from datetime import datetime
from typing import Any

from markupsafe import Markup
from sqlalchemy import JSON, ForeignKey, Index, Select, String, Text, select
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from agora.rules import threads
from agora.rules.moderation import State
from agora.rules.policy import Mode, Reason
from agora.store.columns import Base, Identity, SafeHtml, UtcDateTime, Words, one_of
from agora.store.posts import Post, PostState


def some_rows(name: str, *columns: str, which: str, unique: bool = False) -> Index:
    """An index of few rows among many. `tables.py` tells it to the databases."""
    return Index(name, *columns, unique=unique, info={"which": which})


class Commenter(Base):
    """Who stands behind an address: trust and letters belong to it once it was confirmed."""

    __tablename__ = "commenters"
    __table_args__ = (some_rows("ix_commenters_erase_asked_at", "erase_asked_at", which="erase_asked_at IS NOT NULL"),)

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    verified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    proven_from: Mapped[str] = mapped_column(String(32), default="")  # keyed hash of network and browser
    # They want all about them erased; it is, as soon as no open report or appeal needs any of it.
    erase_asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


# Only digits, but compared as bytes: quicker, and the same wherever the database was made.
_PATH = String(threads.LEVELS * threads.WIDTH)
_PATH = _PATH.with_variant(String(threads.LEVELS * threads.WIDTH, collation="C"), "postgresql")


class Comment(Base):
    __tablename__ = "comments"
    __table_args__ = (
        one_of("state", State),
        one_of("mode", Mode),
        some_rows("ix_comments_threads", "post_id", "thread_number", which="thread_number IS NOT NULL", unique=True),
        some_rows("ix_comments_in_thread", "root_id", "path", which="shown_in_thread > 0"),
        some_rows("ix_comments_erase_asked_at", "erase_asked_at", which="erase_asked_at IS NOT NULL"),
        some_rows("ix_comments_with_source", "created_at", which="source <> ''"),
        Index(None, "root_id", "id"),
        Index(None, "state", "id"),
        Index(None, "state", "published_at", "id"),
        Index(None, "post_id", "state", "published_at", "id"),
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
    # Its writer wants it erased; it is, as soon as no open report or appeal needs it.
    erase_asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Published comments among itself and those that hang below it on the page: at 0 it is not shown, else at least a
    # note stands in its place.
    shown_in_thread: Mapped[int] = mapped_column(default=0)
    # On a root: its place in the discussion, given when its thread first became public and never given again.
    thread_number: Mapped[int | None]
    # On a reply that became public: its place in the thread, as rules/threads.py writes it.
    path: Mapped[str | None] = mapped_column(_PATH)

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


def public_comments() -> Select[Comment]:
    """What the public may see of comments: published, under a published post."""
    return (
        select(Comment)
        .join(Post, Post.id == Comment.post_id)
        .where(Comment.state == State.PUBLISHED, Post.state == PostState.PUBLISHED)
    )


def on_a_public_post(session: Session, comment_id: int) -> Comment | None:
    """A comment that a page shows, be it as a note that stands in its place."""
    query = (
        select(Comment)
        .join(Post, Post.id == Comment.post_id)
        .where(Comment.id == comment_id, Comment.shown_in_thread > 0, Post.state == PostState.PUBLISHED)
        .options(joinedload(Comment.post))
    )
    return session.scalar(query)


def public_comment(session: Session, comment_id: int, post_id: int) -> Comment | None:
    """A published comment of this post: one that can be answered."""
    query = public_comments().where(Comment.id == comment_id, Comment.post_id == post_id)
    return session.scalar(query.options(joinedload(Comment.revision)))


def comment_in_full(session: Session, comment_id: int) -> Comment | None:
    """A comment with its post, text, parent and commenter, whatever its state."""
    query = select(Comment).where(Comment.id == comment_id).options(*IN_FULL)
    return session.scalar(query)


# With these, a comment brings its post, text, parent and commenter along.
IN_FULL = (
    joinedload(Comment.post),
    joinedload(Comment.revision),
    joinedload(Comment.commenter),
    joinedload(Comment.parent).joinedload(Comment.revision),
)


def reasons_of(session: Session, comment: Comment) -> list[dict[str, Any]]:
    """What the policy found in the text that stands, as it is stored."""
    revision = session.get(CommentRevision, comment.revision_id) if comment.revision_id else None
    return revision.reasons if revision else []


def text_of(session: Session, comment: Comment) -> str:
    """The source of the text that stands."""
    revision = session.get(CommentRevision, comment.revision_id) if comment.revision_id else None
    return revision.body if revision else ""
