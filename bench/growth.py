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

from sqlalchemy import select
from starlette.types import ASGIApp, Message

from agora import settings
from agora.actions import people as people_actions
from agora.app import clock, create_app
from agora.store.database import Database
from agora.store.people import Person
from bench.generate import generate
from bench.in_process import statements
from bench.town import Size
from bench.town.pages import PAGES, addresses

LARGE = Size(posts=100_000, comments=2_000_000, discussion=100_000, thread=100_000, pending=100_000)
WARM = 3
TWICE = 2.0
FOUND = {200, 302}
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
            found = addresses(session)
        database.close()
        with asyncio.Runner() as runner:  # only what this site has: a small one may have no second page
            self.pages = {name: path for name, path in found.items() if path and runner.run(_has(self, path))}


# Measuring


@dataclass(frozen=True)
class Found:
    cpu: float  # milliseconds of this process, the median; a PostgreSQL server's are not among them
    wall: float
    queries: int
    size: int  # bytes


def measure(small: Subject, large: Subject, *, repeats: int) -> Iterator[tuple[str, Found, Found]]:
    for name in PAGES:
        if name in small.pages and name in large.pages:
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


async def _has(subject: Subject, address: str) -> bool:
    return (await _answer(subject, address))[0] in FOUND


async def _ask(subject: Subject, address: str) -> int:
    """The bytes of the answer."""
    status, size = await _answer(subject, address)
    if status not in FOUND:
        raise RuntimeError(f"{address} gave {status}")
    return size


async def _answer(subject: Subject, address: str) -> tuple[int, int]:
    """Its status and its bytes."""
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
    return status, size


def print_table(found: Iterator[tuple[str, Found, Found]]) -> None:
    """A page that one of both sites has not is left out, and named at the end."""
    print("| page | small: CPU ms | large | ratio | small: ms | large | ratio | statements | KiB |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    left_out = set(PAGES)
    for name, small, large in found:
        left_out.remove(name)
        times = f"{_compared(small.cpu, large.cpu)} | {_compared(small.wall, large.wall)}"
        sizes = f"{small.size / 1024:.0f} / {large.size / 1024:.0f}"
        print(f"| {name} | {times} | {small.queries} / {large.queries} | {sizes} |", flush=True)
    if left_out:
        print(f"\nNot on both sites: {', '.join(name for name in PAGES if name in left_out)}.")


def _compared(small: float, large: float) -> str:
    ratio = large / small
    return f"{small:.2f} | {large:.2f} | {ratio:.2f}{'' if ratio <= TWICE else ' **over**'}"


if __name__ == "__main__":
    main()
