"""Posts as readers see them, as far as they are public.

Rows of columns and no entities; and statements that are put together once, for SQLAlchemy takes longer to do so than
the database to answer.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from markupsafe import Markup
from sqlalchemy import ColumnElement, Select, bindparam, select
from sqlalchemy.orm import Session

from agora.rules.policy import Mode
from agora.store.bylines import Byline
from agora.store.posts import FormerSlug, Post, PostState, Tag, post_bylines, post_tags


class Name(NamedTuple):
    """A byline or a tag as it is printed."""

    name: str
    slug: str


class Signer(NamedTuple):
    """A byline with what stands in its box under a post."""

    name: str
    slug: str
    bio_html: Markup
    links: list[dict[str, str]]
    portrait_name: str | None
    person_id: int | None


@dataclass(frozen=True)
class PostLine:
    """What a list prints of a post."""

    id: int
    slug: str
    title: str
    summary: str
    language: str
    words: int
    published_at: datetime
    comment_count: int
    bylines: Sequence[Name | Signer]
    tags: Sequence[Name]


@dataclass(frozen=True)
class PostText(PostLine):
    """What a feed tells of a post, and a search looks through."""

    body_html: Markup
    updated_at: datetime | None
    source_title: str
    source_url: str


@dataclass(frozen=True)
class PublicPost(PostText):
    """A post with all that its own page shows."""

    bylines: Sequence[Signer]
    discussion_open: bool
    moderation: Mode | None
    close_after_days: int | None
    thread_count: int


Line = TypeVar("Line", bound=PostLine)

_post, _byline, _tag = Post.__table__.c, Byline.__table__.c, Tag.__table__.c
# What the public may see of posts: every page, feed and map asks for it.
IS_PUBLIC = _post.state == PostState.PUBLISHED


def columns_of(kind: type[PostLine]) -> list[ColumnElement[Any]]:
    return [_post[field.name] for field in fields(kind) if field.name in _post]


# One post


def _by_slug() -> Select[Any]:
    return select(*columns_of(PublicPost)).where(IS_PUBLIC, _post.slug == bindparam("slug"))


def _names_of(named: type[Byline | Tag], columns: Iterable[str], posts: Callable[[Any], Any]) -> Select[Any]:
    """The bylines, or the tags, of the posts for which `posts` says yes, each after the id of its post."""
    table: Any = named.__table__
    links, link, order = _LINKS[named]
    found = select(links.c.post_id, *(table.c[name] for name in columns)).join(links, link == table.c.id)
    return found.where(posts(links.c.post_id)).order_by(order)


_LINKS: dict[Any, tuple[Any, Any, Any]] = {
    Byline: (post_bylines, post_bylines.c.byline_id, post_bylines.c.position),
    Tag: (post_tags, post_tags.c.tag_id, _tag.name),
}


def _is_post(id_: Any) -> Any:
    return id_ == bindparam("post")


def _is_of_posts(id_: Any) -> Any:
    return id_.in_(bindparam("posts", expanding=True))


_BY_SLUG = _by_slug()
_SIGNERS, _TAGS = _names_of(Byline, Signer._fields, _is_post), _names_of(Tag, Name._fields, _is_post)
_BYLINES_OF_MANY = _names_of(Byline, Name._fields, _is_of_posts)
_TAGS_OF_MANY = _names_of(Tag, Name._fields, _is_of_posts)


def by_slug(session: Session, slug: str) -> PublicPost | None:
    row = session.execute(_BY_SLUG, {"slug": slug}).one_or_none()
    if row is None:
        return None
    signers = [Signer(*rest) for _, *rest in session.execute(_SIGNERS, {"post": row.id})]
    tags = [Name(*rest) for _, *rest in session.execute(_TAGS, {"post": row.id})]
    return PublicPost(**row._asdict(), bylines=signers, tags=tags)


def as_public(post: Post) -> PublicPost:
    """The post as its page will show it when it is published; its bylines and tags have been read."""
    stated = {field.name: getattr(post, field.name) for field in fields(PublicPost) if field.name in _post}
    signers = [Signer(*(getattr(byline, name) for name in Signer._fields)) for byline in post.bylines]
    return PublicPost(**stated, bylines=signers, tags=[Name(tag.name, tag.slug) for tag in post.tags])


_CURRENT_SLUG = (
    select(_post.slug)
    .join(FormerSlug.__table__, FormerSlug.__table__.c.post_id == _post.id)
    .where(IS_PUBLIC, FormerSlug.__table__.c.slug == bindparam("former"))
)


def current_slug(session: Session, former: str) -> str | None:
    """The address of the published post that once had this slug."""
    return session.scalar(_CURRENT_SLUG, {"former": former})


# Posts by their ids


# Whether they are public is looked at here: asked for it too, SQLite goes through all public ones if the ids are many.
_BY_IDS = select(_post.state, *columns_of(PostText)).where(_post.id.in_(bindparam("ids", expanding=True)))
_TITLES = select(_post.state, _post.id, _post.slug, _post.title, _post.language).where(
    _post.id.in_(bindparam("ids", expanding=True))
)


def by_ids(session: Session, ids: Sequence[int]) -> list[PostText]:
    """These posts, in this order, as far as they are public."""
    rows = session.execute(_BY_IDS, {"ids": list(ids)}).all() if ids else []
    by_id = {row.id: row for row in rows if row.state is PostState.PUBLISHED}
    return with_names(session, PostText, [by_id[id_] for id_ in ids if id_ in by_id])


def titles(session: Session, ids: Iterable[int]) -> dict[int, tuple[str, str, str]]:
    """Slug, title and language of those of these posts that are public."""
    rows = session.execute(_TITLES, {"ids": list(ids)})
    return {id_: (slug, title, language) for state, id_, slug, title, language in rows if state is PostState.PUBLISHED}


def with_names(session: Session, kind: type[Line], rows: Sequence[Any]) -> list[Line]:
    """Rows with the columns of `kind`, with their bylines and tags."""
    if not rows:
        return []
    asked = {"posts": [row.id for row in rows]}
    bylines, tags = (_by_post(session, query, asked) for query in (_BYLINES_OF_MANY, _TAGS_OF_MANY))
    columns = [field.name for field in fields(kind) if field.name in _post]
    return [
        kind(
            **{name: getattr(row, name) for name in columns}, bylines=bylines.get(row.id, []), tags=tags.get(row.id, [])
        )
        for row in rows
    ]


def _by_post(session: Session, query: Select[Any], asked: Mapping[str, Any]) -> dict[int, list[Name]]:
    names: dict[int, list[Name]] = {}
    for post_id, name, slug in session.execute(query, asked):
        names.setdefault(post_id, []).append(Name(name, slug))
    return names
