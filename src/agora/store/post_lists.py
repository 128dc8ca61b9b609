"""Which lists and counts a post stands in: kept in the transaction of each change, so that no page has to count."""

from sqlalchemy import Column, Table, select, update
from sqlalchemy.orm import Session

from agora.store import database, tallies
from agora.store.bylines import Byline
from agora.store.posts import Post, Tag, post_bylines, post_tags


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
