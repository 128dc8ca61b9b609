"""Lists of public posts: pages of them, feeds, the archive, the map of the site; and the tags that they have.

A page of a list is found in an index that has its order. Statements are put together once, as in `public_posts`.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Integer, Select, bindparam, func, select, tuple_
from sqlalchemy.orm import Session

from agora.store import tallies
from agora.store.columns import Identity, UtcDateTime
from agora.store.posts import Post, PostState, Tag, post_bylines, post_tags
from agora.store.public_posts import IS_PUBLIC, Line, Name, PostLine, PostText, columns_of, with_names

# A position in a list of posts: when the post was published, and its id.
Key = tuple[datetime, int]
_BEFORE_ALL: Key = (datetime(1, 1, 2, tzinfo=UTC), 0)

_post, _tag = Post.__table__.c, Tag.__table__.c
_LATEST = (_post.published_at.desc(), _post.id.desc())


@dataclass(frozen=True)
class PostFilter:
    """Which posts a list or a feed shows: all, those of one byline, or those of one tag."""

    byline_id: int | None = None
    tag_id: int | None = None


EVERYTHING = PostFilter()


def latest(
    session: Session, kind: PostFilter, *, skip: int = 0, before: Key | None = None, after: Key | None = None, size: int
) -> list[PostLine]:
    """A page of the public list, newest first: what was published before this position, or just after it.

    Without a position `skip` says how many come first; they are passed over in the index, which takes its time.
    """
    return _listed(session, PostLine, kind, skip=skip, before=before, after=after, size=size)


def latest_by_number(session: Session, kind: PostFilter, *, page: int, size: int, count: int) -> list[PostLine]:
    """A page of the public list of `count` posts, looked for from its nearer end. `page` counts from 1."""
    skip = (page - 1) * size
    if skip <= count // 2:
        return latest(session, kind, skip=skip, size=size)
    size = min(size, count - skip)
    return latest(session, kind, skip=count - skip - size, after=_BEFORE_ALL, size=size)


def feed_page(session: Session, kind: PostFilter, *, before: Key | None, size: int) -> list[PostText]:
    """The newest posts published before this position, with their texts."""
    return _listed(session, PostText, kind, before=before, size=size)


def _listed(
    session: Session,
    line: type[Line],
    kind: PostFilter,
    *,
    skip: int = 0,
    before: Key | None = None,
    after: Key | None = None,
    size: int,
) -> list[Line]:
    moment, id_ = before or after or (None, None)
    side = "before" if before else "after" if after else ""
    query = _list_query(line is PostText, "tag" if kind.tag_id else "byline" if kind.byline_id else "", side)
    named = kind.tag_id or kind.byline_id
    asked = {"named": named, "moment": moment, "id": id_, "size": size, "skip": skip}
    return with_names(session, line, session.execute(query, asked).all())


@cache
def _list_query(with_texts: bool, kind: str, side: str) -> Select[Any]:
    """Posts on one side of a position, found in an index that has the order of the list."""
    moment, id_, here = _POSITIONS[kind]
    keys = select(moment, id_).where(here, moment.is_not(None))
    position = _position()
    if side:
        keys = keys.where(tuple_(moment, id_) < position if side == "before" else tuple_(moment, id_) > position)
    keys = keys.order_by(moment, id_) if side == "after" else keys.order_by(moment.desc(), id_.desc())
    page = keys.limit(bindparam("size", type_=Integer)).offset(bindparam("skip", type_=Integer)).subquery()
    columns = columns_of(PostText if with_texts else PostLine)
    return select(*columns).where(IS_PUBLIC).join(page, page.c[1] == _post.id).order_by(*_LATEST)


def _position() -> Any:
    return tuple_(bindparam("moment", type_=UtcDateTime()), bindparam("id", type_=Identity))


# Of each kind of list: when a post of it was published, its id, and what makes it part of the list.
_POSITIONS: dict[str, tuple[Any, Any, Any]] = {
    "": (_post.published_at, _post.id, IS_PUBLIC),
    "tag": (post_tags.c.listed_at, post_tags.c.post_id, post_tags.c.tag_id == bindparam("named")),
    "byline": (post_bylines.c.listed_at, post_bylines.c.post_id, post_bylines.c.byline_id == bindparam("named")),
}


def count(session: Session) -> int:
    return tallies.count(session, tallies.PUBLIC_POSTS)


class ArchiveLine(NamedTuple):
    """What the archive prints of a post."""

    id: int
    slug: str
    title: str
    language: str
    published_at: datetime


def archive(session: Session, *, before: Key | None, size: int) -> list[ArchiveLine]:
    """Newest first."""
    moment, id_ = before or (None, None)
    rows = session.execute(_archive_query(before is not None), {"moment": moment, "id": id_, "size": size})
    return [ArchiveLine._make(row) for row in rows]


@cache
def _archive_query(goes_on: bool) -> Select[Any]:
    query: Select[Any] = select(*(_post[name] for name in ArchiveLine._fields)).where(IS_PUBLIC)
    if goes_on:
        query = query.where(tuple_(_post.published_at, _post.id) < _position())
    return query.order_by(*_LATEST).limit(bindparam("size", type_=Integer))


def count_maps(session: Session, *, size: int) -> int:
    """How many parts the sitemap has, each for `size` ids: a post stays in its part, and nothing is counted."""
    return -(-(session.scalar(select(func.max(_post.id))) or 0) // size)


def addresses_for_map(session: Session, *, part: int, size: int) -> list[tuple[str, datetime]]:
    """Slugs and times of change of a part of the sitemap; parts count from 1."""
    query = select(_post.slug, _post.changed_at, _post.state).where(
        _post.id > (part - 1) * size, _post.id <= part * size
    )
    # The state is looked at here: SQLite would look for it in an index, and go through all posts that there are.
    found = session.execute(query.order_by(_post.id.desc()))
    return [(slug, changed) for slug, changed, state in found if state is PostState.PUBLISHED]


# Tags


_TAGS_IN_USE = (
    select(_tag.name, _tag.slug)
    .where(_tag.post_count > 0)
    .order_by(_tag.post_count.desc(), _tag.name)
    .limit(bindparam("limit", type_=Integer))
)


def tags_in_use(session: Session, *, limit: int) -> list[Name]:
    """The tags with the most public posts."""
    return [Name._make(row) for row in session.execute(_TAGS_IN_USE, {"limit": limit})]
