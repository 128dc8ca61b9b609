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
    tuple_,
    update,
)
from sqlalchemy.orm import Mapped, Session, defer, mapped_column, relationship, selectinload

from agora.rules.policy import Mode
from agora.store import database, tallies
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


def public_posts() -> Select[Post]:
    """What the public may see of posts: every page, feed and map starts from here."""
    return select(Post).where(Post.state == PostState.PUBLISHED)


_LATEST = (Post.published_at.desc(), Post.id.desc())
_WITH_NAMES = (selectinload(Post.bylines), selectinload(Post.tags))
# A list prints neither text nor source, and they are what is large.
_FOR_LISTS = (*_WITH_NAMES, defer(Post.body, raiseload=True), defer(Post.body_html, raiseload=True))

# A position in a list of posts: when the post was published, and its id.
Key = tuple[datetime, int]


@dataclass(frozen=True)
class PostFilter:
    """Which posts a list or a feed shows: all, those of one byline, or those of one tag."""

    byline_id: int | None = None
    tag_id: int | None = None

    @property
    def keys(self) -> tuple[Select[Any], Any, Any]:
        """The positions of this list, and the columns that hold them: those of an index that has the list's order."""
        moment: Any
        id_: Any
        if self.tag_id is not None:
            moment, id_, here = post_tags.c.listed_at, post_tags.c.post_id, post_tags.c.tag_id == self.tag_id
        elif self.byline_id is not None:
            moment, id_ = post_bylines.c.listed_at, post_bylines.c.post_id
            here = post_bylines.c.byline_id == self.byline_id
        else:
            moment, id_, here = Post.published_at, Post.id, Post.state == PostState.PUBLISHED
        return select(moment, id_).where(here, moment.is_not(None)), moment, id_


EVERYTHING = PostFilter()


def public_post(session: Session, slug: str) -> Post | None:
    return session.scalar(public_posts().where(Post.slug == slug).options(*_WITH_NAMES))


def public_post_by_id(session: Session, post_id: int) -> Post | None:
    return session.scalar(public_posts().where(Post.id == post_id))


def current_slug(session: Session, former: str) -> str | None:
    """The address of the published post that once had this slug."""
    query = public_posts().join(FormerSlug, FormerSlug.post_id == Post.id).where(FormerSlug.slug == former)
    return session.scalar(query.with_only_columns(Post.slug))


def latest(
    session: Session, kind: PostFilter, *, skip: int = 0, before: Key | None = None, after: Key | None = None, size: int
) -> Sequence[Post]:
    """A page of the public list, newest first: what was published before this position, or just after it.

    Without a position `skip` says how many come first; they are passed over in the index, which takes its time.
    """
    return _listed(session, kind, skip=skip, before=before, after=after, size=size, options=_FOR_LISTS)


def feed_page(session: Session, kind: PostFilter, *, before: Key | None, size: int) -> Sequence[Post]:
    """The newest posts published before this position, with their texts."""
    return _listed(session, kind, before=before, size=size, options=_WITH_NAMES)


def _listed(
    session: Session,
    kind: PostFilter,
    *,
    skip: int = 0,
    before: Key | None = None,
    after: Key | None = None,
    size: int,
    options: Sequence[Any],
) -> Sequence[Post]:
    keys, moment, id_ = kind.keys
    if before:
        keys = keys.where(tuple_(moment, id_) < before)
    if after:
        keys = keys.where(tuple_(moment, id_) > after).order_by(moment, id_)
    else:
        keys = keys.order_by(moment.desc(), id_.desc())
    page = keys.limit(size).offset(skip).subquery()
    query = public_posts().join(page, page.c[1] == Post.id).order_by(*_LATEST)
    return session.scalars(query.options(*options)).all()


def count_public(session: Session) -> int:
    return tallies.count(session, tallies.PUBLIC_POSTS)


def unlist(session: Session, post: Post) -> None:
    """Take a post out of lists and counts, before it changes. `list_again` puts back what is public then."""
    # Two posts with the same tags at once would wait for each other's rows, in a circle.
    database.lock(session, "lists of posts")
    if not post.is_public:
        return
    session.flush()
    tallies.add(session, tallies.PUBLIC_POSTS, -1)
    for links, link, named in _LISTS:
        _count_in(session, post, links, link, named, -1)
        session.execute(update(links).where(links.c.post_id == post.id).values(listed_at=None))


def list_again(session: Session, post: Post) -> None:
    """Put a post that is public into the lists of its tags and bylines, and count it there."""
    if not post.is_public:
        return
    session.flush()
    tallies.add(session, tallies.PUBLIC_POSTS, 1)
    for links, link, named in _LISTS:
        session.execute(update(links).where(links.c.post_id == post.id).values(listed_at=post.published_at))
        _count_in(session, post, links, link, named, 1)


_LISTS: "list[tuple[Table, Column[int], type[Tag] | type[Byline]]]" = [
    (post_tags, post_tags.c.tag_id, Tag),
    (post_bylines, post_bylines.c.byline_id, Byline),
]


def _count_in(
    session: Session, post: Post, links: Table, link: "Column[int]", named: type[Tag] | type[Byline], by: int
) -> None:
    listed = select(link).where(links.c.post_id == post.id, links.c.listed_at.is_not(None))
    session.execute(
        update(named)
        .where(named.id.in_(listed))
        .values(post_count=named.post_count + by)
        .execution_options(synchronize_session=False)
    )


@dataclass(frozen=True)
class ArchiveLine:
    slug: str
    title: str
    language: str
    published_at: datetime


def archive(session: Session, *, before: Key | None, size: int) -> list[tuple[int, ArchiveLine]]:
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


def count_maps(session: Session, *, size: int) -> int:
    """How many parts the sitemap has, each for `size` ids: a post stays in its part, and nothing is counted."""
    return -(-(session.scalar(select(func.max(Post.id))) or 0) // size)


def addresses_for_map(session: Session, *, part: int, size: int) -> list[tuple[str, datetime]]:
    """Slugs and times of change of a part of the sitemap; parts count from 1."""
    query = select(Post.slug, Post.changed_at, Post.state).where(Post.id > (part - 1) * size, Post.id <= part * size)
    # The state is looked at here: SQLite would look for it in an index, and go through all posts that there are.
    found = session.execute(query.order_by(Post.id.desc()))
    return [(slug, changed) for slug, changed, state in found if state is PostState.PUBLISHED]


def tag_by_slug(session: Session, slug: str) -> Tag | None:
    return session.scalar(select(Tag).where(Tag.slug == slug))


def tags_in_use(session: Session, *, limit: int) -> list[tuple[str, str]]:
    """(name, slug) of the tags with the most public posts."""
    query = select(Tag.name, Tag.slug).where(Tag.post_count > 0).order_by(Tag.post_count.desc(), Tag.name)
    return [(name, slug) for name, slug in session.execute(query.limit(limit))]


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
