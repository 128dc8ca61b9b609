"""Posts with their tags, bylines, former addresses and kept texts; and what of them the public may see."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
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
    bindparam,
    func,
    select,
    tuple_,
    update,
)
from sqlalchemy.orm import Mapped, Session, defer, mapped_column, relationship, selectinload
from sqlalchemy.orm.attributes import set_committed_value

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


def public_posts() -> Select[Post]:
    """What the public may see of posts: every page, feed and map starts from here."""
    return select(Post).where(Post.state == PostState.PUBLISHED)


_LATEST = (Post.published_at.desc(), Post.id.desc())
_WITH_NAMES = (selectinload(Post.bylines), selectinload(Post.tags))
# Queries of readers' pages are written once: SQLAlchemy takes longer to put them together than the database to answer.
_BY_SLUG = public_posts().where(Post.slug == bindparam("slug"))
_OF_POSTS: Any = bindparam("posts", expanding=True)
_NAMES: "tuple[tuple[str, Select[Any]], ...]" = (
    (
        "bylines",
        select(post_bylines.c.post_id, Byline)
        .join(Byline, Byline.id == post_bylines.c.byline_id)
        .where(post_bylines.c.post_id.in_(_OF_POSTS))
        .order_by(post_bylines.c.position),
    ),
    (
        "tags",
        select(post_tags.c.post_id, Tag)
        .join(Tag, Tag.id == post_tags.c.tag_id)
        .where(post_tags.c.post_id.in_(_OF_POSTS))
        .order_by(Tag.name),
    ),
)


def _with_names(session: Session, found: Sequence[Post]) -> Sequence[Post]:
    """The same posts with their bylines and tags. `selectinload` does this as well, and takes twice as long."""
    if not found:
        return found
    for relation, query in _NAMES:
        names: dict[int, list[Any]] = {post.id: [] for post in found}
        for post_id, named in session.execute(query, {"posts": list(names)}):
            names[post_id].append(named)
        for post in found:
            set_committed_value(post, relation, names[post.id])
    return found


# A position in a list of posts: when the post was published, and its id.
Key = tuple[datetime, int]
_BEFORE_ALL: Key = (datetime(1, 1, 2, tzinfo=UTC), 0)


@dataclass(frozen=True)
class PostFilter:
    """Which posts a list or a feed shows: all, those of one byline, or those of one tag."""

    byline_id: int | None = None
    tag_id: int | None = None


EVERYTHING = PostFilter()


def public_post(session: Session, slug: str) -> Post | None:
    found = session.scalar(_BY_SLUG, {"slug": slug})
    return _with_names(session, [found])[0] if found else None


def public_posts_by_id(session: Session, ids: Sequence[int]) -> list[Post]:
    """These posts, in this order, as far as they are public."""
    # Whether they are public is seen here: asked for it too, SQLite goes through all public ones if the ids are many.
    found = session.scalars(select(Post).where(Post.id.in_(ids)).options(*_WITH_NAMES)) if ids else ()
    by_id = {post.id: post for post in found if post.is_public}
    return [by_id[id_] for id_ in ids if id_ in by_id]


def public_titles(session: Session, ids: Iterable[int]) -> dict[int, tuple[str, str, str]]:
    """Slug, title and language of those of these posts that are public."""
    query = select(Post.id, Post.state, Post.slug, Post.title, Post.language)
    rows = session.execute(query.where(Post.id.in_(list(ids))))
    return {id_: (slug, title, language) for id_, state, slug, title, language in rows if state is PostState.PUBLISHED}


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
    return _listed(session, kind, skip=skip, before=before, after=after, size=size, with_texts=False)


def latest_by_number(session: Session, kind: PostFilter, *, page: int, size: int, count: int) -> Sequence[Post]:
    """A page of the public list of `count` posts, looked for from its nearer end. `page` counts from 1."""
    skip = (page - 1) * size
    if skip <= count // 2:
        return latest(session, kind, skip=skip, size=size)
    size = min(size, count - skip)
    return latest(session, kind, skip=count - skip - size, after=_BEFORE_ALL, size=size)


def feed_page(session: Session, kind: PostFilter, *, before: Key | None, size: int) -> Sequence[Post]:
    """The newest posts published before this position, with their texts."""
    return _listed(session, kind, before=before, size=size, with_texts=True)


def _listed(
    session: Session,
    kind: PostFilter,
    *,
    skip: int = 0,
    before: Key | None = None,
    after: Key | None = None,
    size: int,
    with_texts: bool,
) -> Sequence[Post]:
    moment, id_ = before or after or (None, None)
    side = "before" if before else "after" if after else ""
    query = _list_query("tag" if kind.tag_id else "byline" if kind.byline_id else "", side, with_texts)
    named = kind.tag_id or kind.byline_id
    asked = {"named": named, "moment": moment, "id": id_, "size": size, "skip": skip}
    return _with_names(session, session.scalars(query, asked).all())


@cache
def _list_query(kind: str, side: str, with_texts: bool) -> Select[Post]:
    """Posts on one side of a position, found in an index that has the order of the list."""
    moment, id_, here = _POSITIONS[kind]
    keys = select(moment, id_).where(here, moment.is_not(None))
    position = tuple_(bindparam("moment", type_=UtcDateTime()), bindparam("id", type_=Identity))
    if side:
        keys = keys.where(tuple_(moment, id_) < position if side == "before" else tuple_(moment, id_) > position)
    keys = keys.order_by(moment, id_) if side == "after" else keys.order_by(moment.desc(), id_.desc())
    page = keys.limit(bindparam("size", type_=Integer)).offset(bindparam("skip", type_=Integer)).subquery()
    query = public_posts().join(page, page.c[1] == Post.id).order_by(*_LATEST)
    # A list prints neither text nor source, and they are what is large.
    without = () if with_texts else (defer(Post.body, raiseload=True), defer(Post.body_html, raiseload=True))
    return query.options(*without)


# Of each kind of list: when a post of it was published, its id, and what makes it part of the list.
_POSITIONS: dict[str, tuple[Any, Any, Any]] = {
    "": (Post.published_at, Post.id, Post.state == PostState.PUBLISHED),
    "tag": (post_tags.c.listed_at, post_tags.c.post_id, post_tags.c.tag_id == bindparam("named")),
    "byline": (post_bylines.c.listed_at, post_bylines.c.post_id, post_bylines.c.byline_id == bindparam("named")),
}


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
    return [(name, slug) for name, slug in session.execute(_TAGS_IN_USE, {"limit": limit})]


_tag = Tag.__table__.c
_TAGS_IN_USE = (
    select(_tag.name, _tag.slug)
    .where(_tag.post_count > 0)
    .order_by(_tag.post_count.desc(), _tag.name)
    .limit(bindparam("limit", type_=Integer))
)


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
