"""Pages of a large site beside those of one a hundredth its size: what each costs the processor, and the ratio.

Without --small and --large both sites are made first, which takes minutes. Pages are made in this process, without
memory and without a network.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.types import ASGIApp, Message

from agora import settings
from agora.actions import people as people_actions
from agora.app import clock, create_app
from agora.rules.moderation import State
from agora.store.cases import Case
from agora.store.comments import Comment
from agora.store.database import Database
from agora.store.events import Event
from agora.store.people import Person
from agora.store.posts import Post, PostState
from agora.web.presenters.paging import key_of
from bench.generate import Size, generate
from bench.in_process import statements

LARGE = Size(posts=100_000, comments=2_000_000, discussion=100_000, thread=100_000, pending=100_000)
WARM = 3
TWICE = 2.0
Ask = Callable[[str], Any]


def main() -> None:
    options = parser().parse_args()
    with tempfile.TemporaryDirectory(prefix="agora-growth-") as folder:
        sites = [
            Subject(url or made(Path(folder), name, size), Path(folder, f"data-{name}"))
            for name, url, size in (
                ("small", options.small, smaller(LARGE, options.times)),
                ("large", options.large, LARGE),
            )
        ]
        print_table(measure(*sites, repeats=options.repeats))


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench.growth",
        description=__doc__,
        epilog="Example: python -m bench.growth --small sqlite:///small.db --large sqlite:///large.db",
        allow_abbrev=False,
    )
    parser.add_argument("--small", default="", metavar="URL", help="what bench.generate made")
    parser.add_argument("--large", default="", metavar="URL", help="what bench.generate made")
    parser.add_argument("--times", type=int, default=100, help="how many times larger one is than the other (100)")
    parser.add_argument("--repeats", type=int, default=20, help="how often each page is made (20)")
    return parser


def smaller(size: Size, times: int) -> Size:
    return Size(*(count // times for count in (size.posts, size.comments, size.discussion, size.thread, size.pending)))


def made(folder: Path, name: str, size: Size) -> str:
    url = f"sqlite:///{folder / name}.db"
    generate(url, size)
    return url


class Subject:
    """A site whose pages are measured."""

    def __init__(self, url: str, folder: Path) -> None:
        environment = {"AGORA_DATA_DIR": str(folder), "AGORA_DATABASE_URL": url, "AGORA_LANGUAGE": "en"}
        self.app: ASGIApp = create_app(
            settings.load(environment | {"AGORA_PAGE_MEMORY": "0", "AGORA_RATE_LIMITS": "off"})
        )
        database = Database(url, connections=2)
        with database.write() as session:
            ada = session.scalars(select(Person)).first()
            assert ada
            token = people_actions.open_session(session, ada, browser="bench", now=clock())
        self.cookie = f"agora_session={token}"
        with database.read() as session:
            self.pages = {name: find(session) for name, find in PAGES.items()}
        database.close()


# The pages, by what they are: addresses in the middle and at the end of what a site has.


def _between(session: Session, share: float) -> Post:
    """The public post that stands so far from the newest."""
    count = session.scalar(select(func.count()).where(Post.state == PostState.PUBLISHED)) or 0
    latest = select(Post).where(Post.state == PostState.PUBLISHED).order_by(Post.published_at.desc(), Post.id.desc())
    return session.scalars(latest.offset(int((count - 1) * share)).limit(1)).one()


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
    return session.scalars(public.order_by(Comment.id).offset(int((count - 1) * share)).limit(1)).one()


def _in_thread(session: Session, share: float) -> str:
    first, one = _comment_of(session, "the-giant-thread", 0), _comment_of(session, "the-giant-thread", share)
    return f"/comments/{first}/thread?from={one}"


def _middle_event(session: Session) -> int:
    return (session.scalar(select(func.max(Event.id))) or 0) // 2


def _case(session: Session, share: float) -> str:
    first, last = session.execute(select(func.min(Case.id), func.max(Case.id))).one()
    case = session.scalars(select(Case).where(Case.id >= int(first + (last - first) * share)).limit(1)).one()
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


# Measuring


@dataclass(frozen=True)
class Found:
    cpu: float  # milliseconds of this process, the median; a PostgreSQL server's are not among them
    wall: float
    queries: int
    size: int  # bytes


def measure(small: Subject, large: Subject, *, repeats: int) -> Iterator[tuple[str, Found, Found]]:
    for name in PAGES:
        with asyncio.Runner() as runner:
            yield name, *runner.run(_in_turn(name, small, large, repeats))


async def _in_turn(name: str, small: Subject, large: Subject, repeats: int) -> tuple[Found, Found]:
    """One after the other, so that what disturbs one disturbs the other."""
    times: tuple[list[tuple[float, float]], list[tuple[float, float]]] = ([], [])
    rest: list[tuple[int, int]] = [(0, 0), (0, 0)]
    for n in range(WARM + repeats):
        for which, subject in enumerate((small, large)):
            with statements() as asked:
                cpu, wall = time.process_time(), time.perf_counter()
                size = await _ask(subject, subject.pages[name])
                if n >= WARM:
                    times[which].append(((time.process_time() - cpu) * 1000, (time.perf_counter() - wall) * 1000))
            rest[which] = len(asked), size
    first, second = (
        Found(*(statistics.median(column) for column in zip(*took, strict=True)), *counts)
        for took, counts in zip(times, rest, strict=True)
    )
    return first, second


async def _ask(subject: Subject, address: str) -> int:
    """The bytes of the answer."""
    size, status = 0, 0
    path, _, query = address.partition("?")

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        nonlocal size, status
        status = message.get("status", status)
        size += len(message.get("body", b""))

    headers = [(b"host", b"127.0.0.1:8000")]
    if path.startswith("/admin"):
        headers.append((b"cookie", subject.cookie.encode()))
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 50_000),
        "server": ("127.0.0.1", 8000),
    }
    await subject.app(scope, receive, send)
    if status not in {200, 302}:
        raise RuntimeError(f"{address} gave {status}")
    return size


def print_table(found: Iterator[tuple[str, Found, Found]]) -> None:
    print("| page | small: CPU ms | large | ratio | small: ms | large | ratio | statements | KiB |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name, small, large in found:
        times = f"{_compared(small.cpu, large.cpu)} | {_compared(small.wall, large.wall)}"
        sizes = f"{small.size / 1024:.0f} / {large.size / 1024:.0f}"
        print(f"| {name} | {times} | {small.queries} / {large.queries} | {sizes} |", flush=True)


def _compared(small: float, large: float) -> str:
    ratio = large / small
    return f"{small:.2f} | {large:.2f} | {ratio:.2f}{'' if ratio <= TWICE else ' **over**'}"


if __name__ == "__main__":
    main()
