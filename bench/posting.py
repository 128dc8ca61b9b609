"""Readers who write comments: several at once, each sending the next one as soon as the last is answered."""

import asyncio
import itertools
import json
import re
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode, urlsplit

import httpx

from bench.texts import comment_text

# How long an answer may take before it counts as none.
PATIENCE = 30
# The number of the first comment; those below are on the site already, and the policy holds a text that is repeated.
FIRST = 1_000

Request = Callable[[int], bytes]
HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')


@dataclass
class Ledger:
    """What the writers were told."""

    seconds: float = 0.0
    acknowledged: list[int] = field(default_factory=list)  # the numbers of the comments
    refused: int = 0  # 4xx
    failed: int = 0  # 5xx, or no answer
    waits: list[float] = field(default_factory=list)  # seconds

    @property
    def accepted(self) -> int:
        return len(self.acknowledged)

    @property
    def rate(self) -> float:
        return self.accepted / self.seconds

    def wait(self, percentile: int) -> float:
        """Milliseconds within which so many in a hundred were answered."""
        if len(self.waits) < 2:
            return max(self.waits, default=PATIENCE) * 1000
        return statistics.quantiles(self.waits, n=100, method="inclusive")[percentile - 1] * 1000

    def note(self, number: int, status: int, seconds: float) -> None:
        self.waits.append(seconds)
        if status in (201, 303):
            self.acknowledged.append(number)
        elif status and status < 500:
            self.refused += 1
        else:
            self.failed += 1


class Writers:
    """Writers of one program; no two of their comments are alike, in none of their runs."""

    def __init__(self, address: str, request: Request) -> None:
        self._host, self._port = urlsplit(address).hostname or "", urlsplit(address).port or 80
        self._request = request
        self._numbers = itertools.count(FIRST)
        self.acknowledged = set[int]()  # in all runs so far, as the others
        self.refused = self.failed = 0

    def write(self, *, at_once: int, seconds: float) -> Ledger:
        ledger = asyncio.run(self._write(at_once, seconds))
        self.acknowledged.update(ledger.acknowledged)
        self.refused, self.failed = self.refused + ledger.refused, self.failed + ledger.failed
        return ledger

    async def _write(self, at_once: int, seconds: float) -> Ledger:
        ledger, begun = Ledger(), time.perf_counter()
        await asyncio.gather(*(self._one(ledger, begun + seconds) for _ in range(at_once)))
        ledger.seconds = time.perf_counter() - begun
        return ledger

    async def _one(self, ledger: Ledger, until: float) -> None:
        connection = Connection(self._host, self._port)
        while (begun := time.perf_counter()) < until:
            number = next(self._numbers)
            try:
                async with asyncio.timeout(PATIENCE):
                    status = await connection.ask(self._request(number))
            except (OSError, EOFError, TimeoutError):
                status = 0
                connection.close()
            ledger.note(number, status, time.perf_counter() - begun)
        connection.close()


class Connection:
    """A connection that is kept as long as the server keeps it. Small: the load must not be the slower side."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._writer: asyncio.StreamWriter | None = None

    async def ask(self, request: bytes) -> int:
        """The status of the answer."""
        if self._writer is None:
            self._reader, self._writer = await asyncio.open_connection(self._host, self._port)
        self._writer.write(request)
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        length = re.search(rb"\r\ncontent-length: *(\d+)", head)
        await self._reader.readexactly(int(length[1]) if length else 0)
        if not length or b"\r\nconnection: close" in head or head.startswith(b"http/1.0"):
            self.close()
        return int(head.split(b" ", 2)[1])

    def close(self) -> None:
        if self._writer:
            self._writer.close()
        self._writer = None


def post_request(address: str, path: str, kind: str, body: bytes) -> bytes:
    host = urlsplit(address).netloc
    head = [
        f"POST {path} HTTP/1.1",
        f"Host: {host}",
        f"Origin: {address}",
        f"Content-Type: {kind}",
        f"Content-Length: {len(body)}",
    ]
    return "\r\n".join([*head, "", ""]).encode() + body


def to_agora(address: str, slug: str) -> Writers:
    """Through the form of a post's page, as a browser sends it."""
    page = httpx.get(f"{address}/posts/{slug}", timeout=PATIENCE).raise_for_status().text
    form = page[page.index('id="comment-form"') :]
    hidden = dict(HIDDEN.findall(form))

    def request(number: int) -> bytes:
        fields = hidden | {"name": "Bob", "email": f"reader{number}@example.org", "body": comment_text(number)}
        kind = "application/x-www-form-urlencoded"
        return post_request(address, f"/posts/{slug}/comments", kind, urlencode(fields).encode())

    return Writers(address, request)


def to_isso(address: str, thread: str = "/posts/moss") -> Writers:
    """Through its interface for scripts, as its own script sends it."""

    def request(number: int) -> bytes:
        sent = {"author": "Bob", "email": f"reader{number}@example.org", "text": comment_text(number), "title": "Moss"}
        return post_request(
            address, f"/new?uri={quote(thread, safe='')}", "application/json", json.dumps(sent).encode()
        )

    return Writers(address, request)
