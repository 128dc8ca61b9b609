"""The newest public comments, as feeds tell of them: of the whole site, or of one discussion."""

from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from markupsafe import Markup
from sqlalchemy import Integer, Select, bindparam, tuple_
from sqlalchemy.orm import Session

from agora.store.columns import Identity, UtcDateTime
from agora.store.comments import Comment, CommentRevision, public_comments
from agora.store.posts import Post


class FeedLine(NamedTuple):
    """What a feed tells of a published comment."""

    id: int
    parent_id: int | None
    name: str
    website: str
    html: Markup
    language: str
    created_at: datetime
    published_at: datetime | None
    edited_at: datetime | None
    post_id: int
    post_slug: str
    post_title: str


_FEED_LINE: tuple[Any, ...] = (
    Comment.id,
    Comment.parent_id,
    Comment.name,
    Comment.website,
    CommentRevision.html,
    Comment.language,
    Comment.created_at,
    Comment.published_at,
    Comment.edited_at,
    Post.id,
    Post.slug,
    Post.title,
)


def feed_page(
    session: Session, *, post_id: int | None, before: tuple[datetime, int] | None, size: int
) -> list[FeedLine]:
    """The newest public comments, of the site or of one post, published before this (time, id)."""
    asked: dict[str, Any] = {"size": size, "post_id": post_id}
    if before:
        asked["moment"], asked["id"] = before
    rows = session.execute(_feed_query(of_one=post_id is not None, goes_on=before is not None), asked)
    return [FeedLine._make(row) for row in rows]


@cache
def _feed_query(*, of_one: bool, goes_on: bool) -> Select[Any]:
    query: Select[Any] = (
        public_comments()
        .with_only_columns(*_FEED_LINE)
        .join(CommentRevision, CommentRevision.id == Comment.revision_id)
        .order_by(Comment.published_at.desc(), Comment.id.desc())
        .limit(bindparam("size", type_=Integer))
    )
    if of_one:
        query = query.where(Comment.post_id == bindparam("post_id"))
    if goes_on:
        position = tuple_(bindparam("moment", type_=UtcDateTime()), bindparam("id", type_=Identity))
        query = query.where(tuple_(Comment.published_at, Comment.id) < position)
    return query
