"""Posts with their tags, bylines, former addresses and kept texts, as those see them who write."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from markupsafe import Markup
from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, String, Table, Text, bindparam, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship, selectinload

from agora.rules.policy import Mode
from agora.store.bylines import Byline
from agora.store.columns import Base, Identity, SafeHtml, UtcDateTime, Words, one_of


class PostState(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"


post_bylines = Table(
    "post_bylines",
    Base.metadata,
    Column("post_id", Identity, ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True),
    Column("byline_id", Identity, ForeignKey("bylines.id"), primary_key=True),
    Column("position", Integer, nullable=False),
    Column("listed_at", UtcDateTime),  # when the post was published; None while it is not public
    Index(None, "byline_id", "listed_at", "post_id"),
)

post_tags = Table(
    "post_tags",
    Base.metadata,
    Column("post_id", Identity, ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True),
    Column("tag_id", Identity, ForeignKey("tags.id"), primary_key=True),
    Column("listed_at", UtcDateTime),  # as with bylines
    Index(None, "tag_id", "listed_at", "post_id"),
)


class Tag(Base):
    __tablename__ = "tags"

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    slug: Mapped[str] = mapped_column(String(100), unique=True)
    post_count: Mapped[int] = mapped_column(default=0, index=True)  # public ones


class Post(Base):
    __tablename__ = "posts"
    __table_args__ = (
        one_of("state", PostState),
        one_of("moderation", Mode),
        CheckConstraint("(state = 'draft') OR (published_at IS NOT NULL)", name="published_has_date"),
        Index(None, "state", "published_at", "id"),
        Index(None, "changed_at"),
        Index(None, "created_by"),
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    slug: Mapped[str] = mapped_column(String(100), unique=True)
    summary: Mapped[str] = mapped_column(Text, default="")
    body: Mapped[str] = mapped_column(Text)
    body_html: Mapped[Markup] = mapped_column(SafeHtml)
    renderer: Mapped[int]
    words: Mapped[int] = mapped_column(default=0)
    language: Mapped[str] = mapped_column(String(8))
    source_title: Mapped[str] = mapped_column(String(200), default="")
    source_url: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[PostState] = mapped_column(Words(PostState), default=PostState.DRAFT)
    discussion_open: Mapped[bool] = mapped_column(default=True)
    moderation: Mapped[Mode | None] = mapped_column(Words(Mode))
    slow_seconds: Mapped[int | None]  # between two comments of one source here; None: as the policy says
    close_after_days: Mapped[int | None]  # after publication; None: as the policy says
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # readers are told; None until the text changes
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    edition: Mapped[int] = mapped_column(default=1)  # grows with every save: a stale editor is told
    comment_count: Mapped[int] = mapped_column(default=0)  # published comments
    thread_count: Mapped[int] = mapped_column(default=0)  # the highest number that a thread was given

    bylines: Mapped[list[Byline]] = relationship(
        secondary=post_bylines, order_by=post_bylines.c.position, lazy="raise", viewonly=True
    )
    tags: Mapped[list[Tag]] = relationship(secondary=post_tags, order_by=Tag.name, lazy="raise")

    @property
    def is_public(self) -> bool:
        return self.state is PostState.PUBLISHED


class PostRevision(Base):
    """A text as it was saved; nothing that an author wrote is lost by a later save."""

    __tablename__ = "post_revisions"

    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True)
    edition: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    summary: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime)
    saved_by: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))


class FormerSlug(Base):
    """An address that a published post once had; it redirects for ever."""

    __tablename__ = "former_slugs"
    __table_args__ = (Index(None, "post_id"),)

    slug: Mapped[str] = mapped_column(String(100), primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"))


_TAG_BY_SLUG = select(Tag).where(Tag.slug == bindparam("slug"))
_WITH_NAMES = (selectinload(Post.bylines), selectinload(Post.tags))


def tag_by_slug(session: Session, slug: str) -> Tag | None:
    return session.scalar(_TAG_BY_SLUG, {"slug": slug})


def post_for_desk(session: Session, post_id: int) -> Post | None:
    return session.scalar(select(Post).where(Post.id == post_id).options(*_WITH_NAMES))


def desk_list(session: Session, *, by: int | None, before: int | None, size: int) -> Sequence[Post]:
    """Posts for the desk, last created first; `by` keeps those that one person started."""
    query = select(Post).order_by(Post.id.desc()).limit(size).options(selectinload(Post.bylines))
    if by is not None:
        query = query.where(Post.created_by == by)
    if before is not None:
        query = query.where(Post.id < before)
    return session.scalars(query).all()


def slug_is_free(session: Session, slug: str, but: int | None) -> bool:
    """Whether no other post answers at this address, now or by redirection."""
    owner = session.scalar(select(Post.id).where(Post.slug == slug))
    former = session.scalar(select(FormerSlug.post_id).where(FormerSlug.slug == slug))
    return {owner, former} <= {None, but}


def revision_of(session: Session, post_id: int, edition: int) -> PostRevision | None:
    return session.get(PostRevision, (post_id, edition))


def revisions_of(session: Session, post_id: int, *, size: int) -> Sequence[PostRevision]:
    """The texts that a post has had, the latest first."""
    query = select(PostRevision).where(PostRevision.post_id == post_id).order_by(PostRevision.edition.desc())
    return session.scalars(query.limit(size)).all()
