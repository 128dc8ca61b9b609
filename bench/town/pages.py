"""The kinds of pages that a large site has: addresses at the beginning, in the middle and at the end."""

from collections.abc import Callable

from sqlalchemy import func, select
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import Session

from agora.rules.moderation import State
from agora.store.cases import Case
from agora.store.comments import Comment
from agora.store.events import Event
from agora.store.posts import Post, PostState
from agora.web.presenters.paging import key_of


def addresses(session: Session) -> dict[str, str]:
    """By the names of the pages; empty where the site has nothing of the kind."""
    return {name: _address(session, find) for name, find in PAGES.items()}


def _address(session: Session, find: Callable[[Session], str]) -> str:
    try:
        return find(session)
    except NoResultFound:
        return ""


def _between(session: Session, share: float) -> Post:
    """The public post that stands so far from the newest."""
    count = session.scalar(select(func.count()).where(Post.state == PostState.PUBLISHED)) or 0
    latest = select(Post).where(Post.state == PostState.PUBLISHED).order_by(Post.published_at.desc(), Post.id.desc())
    return session.scalars(latest.offset(int(max(0, count - 1) * share)).limit(1)).one()


def _position(session: Session, share: float) -> str:
    post = _between(session, share)
    return f"before={key_of(post.published_at or post.created_at, post.id)}"


def _page(session: Session, share: float) -> int:
    count = session.scalar(select(func.count()).where(Post.state == PostState.PUBLISHED)) or 0
    return max(2, int(count / 10 * share))


def _discussion(session: Session, share: float) -> str:
    threads = session.scalars(select(Post.thread_count).where(Post.slug == "the-long-discussion")).one()
    return f"/posts/the-long-discussion?page={max(1, int(-(-threads // 50) * share))}"


def _comment_of(session: Session, slug: str, share: float) -> int:
    public = select(Comment.id).join(Post).where(Post.slug == slug, Comment.state == State.PUBLISHED)
    count = session.scalar(select(func.count()).select_from(public.subquery())) or 0
    return session.scalars(public.order_by(Comment.id).offset(int(max(0, count - 1) * share)).limit(1)).one()


def _in_thread(session: Session, share: float) -> str:
    first, one = _comment_of(session, "the-giant-thread", 0), _comment_of(session, "the-giant-thread", share)
    return f"/comments/{first}/thread?from={one}"


def _middle_event(session: Session) -> int:
    return (session.scalar(select(func.max(Event.id))) or 0) // 2


def _case(session: Session, share: float) -> str:
    first, last = session.execute(select(func.min(Case.id), func.max(Case.id))).one()
    from_there = Case.id >= int((first or 0) + ((last or 0) - (first or 0)) * share)
    case = session.scalars(select(Case).where(from_there).order_by(Case.id).limit(1)).one()
    return f"{case.rank}.{case.id}"


PAGES: dict[str, Callable[[Session], str]] = {
    "home": lambda s: "/",
    "home, middle by its link": lambda s: f"/?page={_page(s, 0.5)}&{_position(s, 0.5)}",
    "home, middle by number": lambda s: f"/?page={_page(s, 0.5)}",
    "home, last by number": lambda s: f"/?page={_page(s, 1)}",
    "tag": lambda s: "/tags/topic-1",
    "tag, middle by its link": lambda s: f"/tags/topic-1?page={_page(s, 0.25)}&{_position(s, 0.5)}",
    "tag, middle by number": lambda s: f"/tags/topic-1?page={_page(s, 0.25)}",
    "author": lambda s: "/authors/author-1",
    "author, middle by its link": lambda s: f"/authors/author-1?page={_page(s, 0.25)}&{_position(s, 0.5)}",
    "archive": lambda s: "/archive",
    "archive, middle": lambda s: f"/archive?{_position(s, 0.5)}",
    "feed": lambda s: "/feed.atom",
    "feed, middle": lambda s: f"/feed.atom?{_position(s, 0.5)}",
    "feed of a tag": lambda s: "/tags/topic-1/feed.atom",
    "feed of an author": lambda s: "/authors/author-1/feed.atom",
    "feed of comments": lambda s: "/comments.atom",
    "feed of the long discussion": lambda s: "/posts/the-long-discussion/comments.atom",
    "sitemap": lambda s: "/sitemap.xml",
    "sitemap, a part": lambda s: "/sitemap-1.xml",
    "post": lambda s: f"/posts/{_between(s, 0.5).slug}",
    "long discussion, first page": lambda s: _discussion(s, 0),
    "long discussion, middle page": lambda s: _discussion(s, 0.5),
    "long discussion, last page": lambda s: _discussion(s, 1),
    "permalink in its middle": lambda s: f"/comments/{_comment_of(s, 'the-long-discussion', 0.5)}",
    "giant thread, on the page": lambda s: "/posts/the-giant-thread",
    "giant thread, in its chain": lambda s: _in_thread(s, 0.05),
    "giant thread, middle": lambda s: _in_thread(s, 0.5),
    "giant thread, end": lambda s: _in_thread(s, 1),
    "permalink in the thread": lambda s: f"/comments/{_comment_of(s, 'the-giant-thread', 0.9)}",
    "search, a word in every article": lambda s: "/search?q=garden",
    "search, two words": lambda s: "/search?q=granite+bridge",
    "queue": lambda s: "/admin/moderation",
    "queue, middle": lambda s: f"/admin/moderation?after={_case(s, 0.5)}",
    "queue, what stands": lambda s: "/admin/moderation?state=published",
    "queue, what is hidden": lambda s: "/admin/moderation?state=hidden",
    "log": lambda s: "/moderation/log",
    "log, middle": lambda s: f"/moderation/log?before={_middle_event(s)}",
    "desk": lambda s: "/admin",
}
