"""Measures Agora on this machine: pages made anew, comments taken, start-up and memory. `python bench/post_page.py`."""

import argparse
import asyncio
import os
import platform
import re
import shutil
import signal
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from agora import settings
from agora.actions import bylines, comments, moderation, people, posts
from agora.actions import site as site_actions
from agora.actions.bylines import BylineDraft
from agora.actions.comments import CommentDraft
from agora.actions.posts import PostDraft
from agora.app import clock, create_app
from agora.rules.moderation import Decision, Party
from agora.rules.permissions import Role
from agora.rules.policy import Mode, SiteRules
from agora.settings import Settings
from agora.store.comments import Comment
from agora.store.database import Database
from agora.store.posts import Post
from agora.store.schema import migrate

COMMENTS, CASES, POSTS = 200, 25, 12
IN_A_THREAD = 4
SENTENCE = "I have *tried* this at home, and it [grows](https://example.org/moss) where nothing else did. "
# Reading the system's certificates takes longer than a request.
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def main() -> None:
    options = parser().parse_args()
    folder = Path(tempfile.mkdtemp(prefix="agora-bench-"))
    try:
        environment = environment_for(folder, options.database)
        current = settings.load(environment)
        cookie = fill(current)
        introduce(current)
        print_table(
            "Made anew in this process, without a network",
            ("page", "median ms", "slowest ms", "CPU ms", "queries", "KiB"),
            asyncio.run(measure_pages(current, cookie, options.repeats)),
        )
        print_table("`agora serve`, over HTTP", ("what", "figure"), measure_server(environment, folder))
    finally:
        shutil.rmtree(folder)


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, epilog="Example: python bench/post_page.py --repeats 100", allow_abbrev=False
    )
    parser.add_argument("--repeats", type=int, default=40, help="how often each page is made (40)")
    parser.add_argument(
        "--database", default="", metavar="URL", help="an empty database: postgresql://… (a new SQLite file)"
    )
    return parser


def environment_for(folder: Path, database_url: str) -> dict[str, str]:
    stated = {"data_dir": str(folder), "database_url": database_url, "rate_limits": "off", "language": "en"}
    return {f"AGORA_{name.upper()}": value for name, value in stated.items() if value}


def introduce(current: Settings) -> None:
    kind = "SQLite" if current.database_url.startswith("sqlite") else "PostgreSQL"
    busy = ", ".join(f"{load:.1f}" for load in os.getloadavg())
    print(f"Python {platform.python_version()}, {os.cpu_count()} processors (load {busy}), {kind}")
    print(f"{POSTS} posts; the post page has {COMMENTS} comments in threads of {IN_A_THREAD}, one in ten a tombstone.")


# A site to measure


def fill(current: Settings) -> str:
    """Make a site with everything on it; gives the cookie of its administrator."""
    database, now = Database(current.database_url), clock()
    migrate(database)
    with database.write() as session:
        site_actions.initialise(session, current, now=now)
        byline = bylines.save_byline(session, None, BylineDraft("Inès Caradec"), by=None, language="en", now=now)
        for n in range(POSTS):
            post = write_post(session, n, byline.id, now)
        discuss(session, post, now)
        for n in range(CASES):
            write_comment(session, post, f"Case {n}", now, mode=Mode.PRE)
        ada = people.add_person(
            session, name="Ada", email="ada@example.org", role=Role.ADMINISTRATOR, language="en", password=None, now=now
        )
        cookie = people.open_session(session, ada, browser="bench", now=now)
    database.close()
    return cookie


def write_post(session: Session, number: int, byline_id: int, now: datetime) -> Post:
    body = "\n\n".join(["## The moss", SENTENCE * 6, "> It grows.\n>\n> — A gardener", SENTENCE * 8] * 3)
    draft = PostDraft(
        f"Post {number}", body=body, summary=SENTENCE, tags=["moss"], byline_ids=[byline_id], language="en"
    )
    post = posts.create_post(session, draft, by=None, now=now)
    posts.publish_post(session, post, by=None, now=now + timedelta(seconds=number))
    session.flush()
    return post


def discuss(session: Session, post: Post, now: datetime) -> None:
    written: list[Comment] = []
    for n in range(COMMENTS):
        parent = written[-1] if n % IN_A_THREAD else None
        written.append(write_comment(session, post, f"Thought {n}", now, parent=parent))
    for number, comment in enumerate(written[::10]):
        decision, party = [(Decision.HIDE, Party.MODERATOR), (Decision.WITHDRAW, Party.COMMENTER)][number % 2]
        clause = 1 if party is Party.MODERATOR else None
        moderation.decide(session, comment, decision, party=party, version=comment.version, clause=clause, now=now)


def write_comment(
    session: Session, post: Post, title: str, now: datetime, *, parent: Comment | None = None, mode: Mode = Mode.POST
) -> Comment:
    draft = CommentDraft(
        name="Bob",
        email=f"{title.replace(' ', '')}@example.org",
        body=f"**{title}.** {SENTENCE}\n\n{SENTENCE * 2}",
        parent_id=parent.id if parent else None,
    )
    return comments.post_comment(session, post, draft, SiteRules(mode, max_links=9, limit_haste=False), now=now)


# Pages, made in this process


async def measure_pages(current: Settings, cookie: str, repeats: int) -> list[tuple[str, ...]]:
    signed_in = {"Cookie": f"agora_session={cookie}"}
    pages = {
        f"post, {COMMENTS} comments": (f"/posts/post-{POSTS - 1}", {}),
        "home": ("/", {}),
        "feed of comments": ("/comments.atom", {}),
        f"queue, {CASES} cases": ("/admin/moderation", signed_in),
    }
    transport = httpx.ASGITransport(create_app(current))
    async with httpx.AsyncClient(transport=transport, base_url=current.base_url, verify=NO_TLS) as client:
        return [(name, *await measure_page(client, *page, repeats)) for name, page in pages.items()]


async def measure_page(client: httpx.AsyncClient, path: str, headers: dict[str, str], repeats: int) -> tuple[str, ...]:
    for _ in range(3):  # connections, templates and caches of code are warm, as in a server that has run a while
        (await client.get(path, headers=headers)).raise_for_status()
    walls, cpus, heard = [], [], 0
    for _ in range(repeats):
        with statements() as asked:
            wall, cpu = time.perf_counter(), time.process_time()
            answer = await client.get(path, headers=headers)
            walls.append((time.perf_counter() - wall) * 1000)
            cpus.append((time.process_time() - cpu) * 1000)
        answer.raise_for_status()
        heard = max(heard, len(asked))
    figures = (statistics.median(walls), max(walls), statistics.median(cpus))
    return (*(f"{figure:.1f}" for figure in figures), str(heard), f"{len(answer.content) / 1024:.0f}")


@contextmanager
def statements() -> Iterator[list[str]]:
    """Everything that the database is asked meanwhile, BEGIN included."""
    asked: list[str] = []

    def overhear(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    event.listen(Engine, "before_cursor_execute", overhear)
    try:
        yield asked
    finally:
        event.remove(Engine, "before_cursor_execute", overhear)


# The server, as it is run


def measure_server(environment: dict[str, str], folder: Path) -> list[tuple[str, str]]:
    starts = []
    for _ in range(3):
        with served(environment, folder) as (_, _, seconds):
            starts.append(seconds)
    with served(environment, folder) as (process, address, _):
        at_start = memory(process)
        with httpx.Client(base_url=address, verify=NO_TLS) as client:
            form = comment_form(client)
            one_by_one = comments_per_second(address, form, count=150, at_once=1)
            together = comments_per_second(address, form, count=320, at_once=16)
            reads = pages_per_second(client, count=500)
        later = memory(process)
    return [
        ("start-up to ready, median of 3", f"{statistics.median(starts):.2f} s"),
        ("comments taken, one after the other", f"{one_by_one:.0f} a second"),
        ("comments taken, 16 at once", f"{together:.0f} a second"),
        ("post page and home in turn, one reader", f"{reads:.0f} a second"),
        ("memory after start (resident)", f"{at_start:.0f} MiB"),
        ("memory after those 971 requests", f"{later:.0f} MiB"),
    ]


@contextmanager
def served(environment: dict[str, str], folder: Path) -> Iterator[tuple[subprocess.Popen[str], str, float]]:
    """A server with its address and the seconds it took to be ready."""
    port = free_port()
    begun = time.perf_counter()
    with (folder / "log").open("a") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "agora", "serve", "--port", str(port)],
            env={**os.environ, **environment},
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    assert process.stdout
    ready = process.stdout.readline()
    seconds = time.perf_counter() - begun
    assert ready.startswith("Agora is ready"), (folder / "log").read_text()
    try:
        yield process, f"http://127.0.0.1:{port}", seconds
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()
        process.stdout.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def memory(process: subprocess.Popen[str]) -> float:
    """Resident MiB of the server's process."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(re.findall(r"VmRSS:\s+(\d+) kB", status)[0]) / 1024


def comment_form(client: httpx.Client) -> dict[str, str]:
    page = client.get(f"/posts/post-{POSTS - 2}").text
    token = re.search(r'name="token" value="([^"]+)"', page)
    assert token
    return {"token": token[1], "name": "Bob"}


def comments_per_second(address: str, form: dict[str, str], *, count: int, at_once: int) -> float:
    def send(numbers: range) -> None:
        with httpx.Client(base_url=address, verify=NO_TLS, timeout=60) as client:
            for n in numbers:
                unique = f"{at_once}-{n}"
                sent = form | {"email": f"reader{unique}@example.org", "body": f"{unique}. {SENTENCE}"}
                answer = client.post(f"/posts/post-{POSTS - 2}/comments", data=sent)
                assert answer.status_code == 303, answer.text

    begun = time.perf_counter()
    with ThreadPoolExecutor(at_once) as threads:
        list(threads.map(send, [range(first, count, at_once) for first in range(at_once)]))
    return count / (time.perf_counter() - begun)


def pages_per_second(client: httpx.Client, *, count: int) -> float:
    begun = time.perf_counter()
    for n in range(count):
        client.get(f"/posts/post-{POSTS - 1}" if n % 2 else "/").raise_for_status()
    return count / (time.perf_counter() - begun)


def print_table(title: str, head: tuple[str, ...], rows: list[Any]) -> None:
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    print(f"\n{title}")
    for row in [head, tuple("-" * width for width in widths), *rows]:
        first, *others = row
        cells = [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        print("  ".join([first.ljust(widths[0]), *cells]))


if __name__ == "__main__":
    main()
