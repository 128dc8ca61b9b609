"""Posts with their tags, bylines, former addresses and kept texts; and what of them the public may see."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from markupsafe import Markup
from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    Select,
    String,
    Table,
    Text,
    func,
    select,
    text,
    tuple_,
)
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
    Index(None, "byline_id"),
)

post_tags = Table(
    "post_tags",
    Base.metadata,
    Column("post_id", Identity, ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True),
    Column("tag_id", Identity, ForeignKey("tags.id"), primary_key=True),
    Index(None, "tag_id"),
)


class Tag(Base):
    __tablename__ = "tags"

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    slug: Mapped[str] = mapped_column(String(100), unique=True)


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
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # readers are told; None until the text changes
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    edition: Mapped[int] = mapped_column(default=1)  # grows with every save: a stale editor is told
    comment_count: Mapped[int] = mapped_column(default=0)  # published comments
    thread_count: Mapped[int] = mapped_column(default=0)  # threads with something published in them

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


def public_posts() -> Select[Post]:
    """What the public may see of posts: every page, feed and map starts from here."""
    return select(Post).where(Post.state == PostState.PUBLISHED)


_LATEST = (Post.published_at.desc(), Post.id.desc())
_WITH_NAMES = (selectinload(Post.bylines), selectinload(Post.tags))


@dataclass(frozen=True)
class PostFilter:
    """Which posts a list or a feed shows: all, those of one byline, or those of one tag."""

    byline_id: int | None = None
    tag_id: int | None = None

    def apply(self, query: Select[Any]) -> Select[Any]:
        if self.byline_id is not None:
            query = query.join(post_bylines).where(post_bylines.c.byline_id == self.byline_id)
        if self.tag_id is not None:
            query = query.join(post_tags).where(post_tags.c.tag_id == self.tag_id)
        return query


EVERYTHING = PostFilter()


def public_post(session: Session, slug: str) -> Post | None:
    return session.scalar(public_posts().where(Post.slug == slug).options(*_WITH_NAMES))


def public_post_by_id(session: Session, post_id: int) -> Post | None:
    return session.scalar(public_posts().where(Post.id == post_id))


def current_slug(session: Session, former: str) -> str | None:
    """The address of the published post that once had this slug."""
    query = public_posts().join(FormerSlug, FormerSlug.post_id == Post.id).where(FormerSlug.slug == former)
    return session.scalar(query.with_only_columns(Post.slug))


def latest(session: Session, kind: PostFilter, *, page: int, size: int) -> Sequence[Post]:
    """One page of the public list, newest first. `page` counts from 1."""
    query = kind.apply(public_posts()).order_by(*_LATEST).offset((page - 1) * size).limit(size)
    return session.scalars(query.options(*_WITH_NAMES)).all()


def count_public(session: Session, kind: PostFilter = EVERYTHING) -> int:
    query = kind.apply(select(func.count()).select_from(Post).where(Post.state == PostState.PUBLISHED))
    return session.scalar(query) or 0


def latest_before(
    session: Session, kind: PostFilter, *, before: tuple[datetime, int] | None, size: int
) -> Sequence[Post]:
    """The feed's page: the newest posts published before this (time, id)."""
    query = kind.apply(public_posts()).order_by(*_LATEST).limit(size)
    if before:
        query = query.where(tuple_(Post.published_at, Post.id) < before)
    return session.scalars(query.options(*_WITH_NAMES)).all()


def last_change(session: Session, kind: PostFilter = EVERYTHING) -> datetime | None:
    query = kind.apply(select(func.max(Post.changed_at)).where(Post.state == PostState.PUBLISHED))
    changed: datetime | None = session.scalar(query)
    return changed


@dataclass(frozen=True)
class ArchiveLine:
    slug: str
    title: str
    language: str
    published_at: datetime


def archive(session: Session, *, before: tuple[datetime, int] | None, size: int) -> list[tuple[int, ArchiveLine]]:
    """Ids with what the archive prints of each post, newest first."""
    query = (
        select(Post.id, Post.slug, Post.title, Post.language, Post.published_at)
        .where(Post.state == PostState.PUBLISHED)
        .order_by(*_LATEST)
        .limit(size)
    )
    if before:
        query = query.where(tuple_(Post.published_at, Post.id) < before)
    return [
        (id_, ArchiveLine(slug, title, language, published))
        for id_, slug, title, language, published in session.execute(query)
        if published
    ]


def addresses_for_map(session: Session, *, limit: int) -> list[tuple[str, datetime]]:
    """Slugs and times of change for the sitemap, newest first."""
    query = select(Post.slug, Post.changed_at).where(Post.state == PostState.PUBLISHED).order_by(*_LATEST).limit(limit)
    return [(slug, changed) for slug, changed in session.execute(query)]


def tag_by_slug(session: Session, slug: str) -> Tag | None:
    return session.scalar(select(Tag).where(Tag.slug == slug))


def tags_in_use(session: Session, *, limit: int) -> list[tuple[str, str]]:
    """(name, slug) of the tags with the most public posts."""
    query = (
        select(Tag.name, Tag.slug)
        .join(post_tags)
        .join(Post, Post.id == post_tags.c.post_id)
        .where(Post.state == PostState.PUBLISHED)
        .group_by(Tag.id, Tag.name, Tag.slug)
        .order_by(func.count().desc(), Tag.name)
        .limit(limit)
    )
    return [(name, slug) for name, slug in session.execute(query)]


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


def wrong_counts(session: Session) -> int:
    """How many posts say another number of comments than there are: none, unless something is broken."""
    counted = text(
        "SELECT count(*) FROM posts WHERE comment_count <> (SELECT count(*) FROM comments"
        " WHERE comments.post_id = posts.id AND comments.state = 'published')"
    )
    return session.scalar(counted) or 0
