"""Makes pages in a process of its own, without a network: what a page costs the processor, and how much it asks.

`python -m bench.in_process` takes the settings from the environment; each line it reads is "PATH SECONDS", and it
answers each with a line of JSON: medians in milliseconds, the number of statements, bytes.
"""

import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

from sqlalchemy import Engine, event
from starlette.types import ASGIApp, Message

from agora import heap, settings
from agora.app import create_app
from bench.programs import clean_environment
from bench.rounds import Work

WARM = 5  # answers before the measured ones: connections, templates and caches of code
LEAST = 5  # pages, however long they take


class Maker:
    """A process that makes pages of one site, on the processors given."""

    def __init__(self, environment: Mapping[str, str], processors: set[int]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.in_process"],
            env={**clean_environment(), **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            preexec_fn=lambda: os.sched_setaffinity(0, processors),
        )

    def __enter__(self) -> "Maker":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def makes(self, path: str) -> Work:
        return partial(self.make, path)

    def make(self, path: str, seconds: float) -> dict[str, Any]:
        """`cpu` and `wall` in milliseconds (medians of as many pages as the seconds hold), `queries`, `bytes`,
        `location` of a redirect."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{path} {seconds}\n")
        self._process.stdin.flush()
        told = self._process.stdout.readline()
        if not told:
            raise RuntimeError(f"{path} could not be made")
        return dict(json.loads(told))


def main() -> None:
    app = create_app(settings.load(os.environ))
    heap.keep_small()  # as a serving process does
    with asyncio.Runner() as runner:
        for line in sys.stdin:
            path, seconds = line.split()
            print(json.dumps(runner.run(_measure(app, path, float(seconds)))), flush=True)


async def _measure(app: ASGIApp, path: str, seconds: float) -> dict[str, Any]:
    for _ in range(WARM):
        await _ask(app, path)
    cpu, wall, until = list[float](), list[float](), time.perf_counter() + seconds
    with statements() as asked:
        while len(cpu) < LEAST or time.perf_counter() < until:
            wall_before, cpu_before = time.perf_counter(), time.process_time()
            size, location = await _ask(app, path)
            cpu.append(time.process_time() - cpu_before)
            wall.append(time.perf_counter() - wall_before)
    return {
        "cpu": statistics.median(cpu) * 1000,
        "wall": statistics.median(wall) * 1000,
        "queries": len(asked) / len(cpu),
        "bytes": size,
        "location": location,
    }


async def _ask(app: ASGIApp, path: str) -> tuple[int, str]:
    """A reader's request, made by hand: a client for tests would cost as much as the page.

    Gives the number of bytes, and the address to which it was sent on.
    """
    size, location = 0, ""
    path, _, query = path.partition("?")

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        nonlocal size, location
        if message["type"] == "http.response.start":
            if message["status"] not in (200, 302):
                raise RuntimeError(f"{path} gave {message['status']}")
            location = dict(message["headers"]).get(b"location", b"").decode()
        size += len(message.get("body", b""))

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
        "headers": [(b"host", b"127.0.0.1:8000")],
        "client": ("127.0.0.1", 50_000),
        "server": ("127.0.0.1", 8000),
    }
    await app(scope, receive, send)
    return size, location


@contextmanager
def statements() -> Iterator[list[str]]:
    """Everything that the database is asked meanwhile through SQLAlchemy, BEGIN included: all that makes pages."""
    asked: list[str] = []

    def overhear(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    event.listen(Engine, "before_cursor_execute", overhear)
    try:
        yield asked
    finally:
        event.remove(Engine, "before_cursor_execute", overhear)


if __name__ == "__main__":
    main()
