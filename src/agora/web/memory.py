"""Public pages and feeds, kept as bytes and answered before any thread, session or template.

A page is made for nobody in particular: the application sees its address and nothing else of the request, so nothing of
one visitor can reach another. It holds as long as the versions that it was made from (store/versions.py), which are
asked for at each request.
"""

import asyncio
import re
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from http import HTTPStatus
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode

import anyio
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agora.priority import after_the_loop
from agora.store.watch import CannotTell, Numbers, Scopes, Watch
from agora.web import cache, encodings
from agora.web.context import SESSION_COOKIE

# What the address of a public page may say after its path; anything else is not part of the page.
PARAMETERS = frozenset({"page", "before", "after", "from", "q", "kind", "year", "version"})
LONGEST_QUERY = 300
# Forms carry a token of the day: a page is made anew before that is old, also where nothing happens.
LIFE = timedelta(hours=1)
# Bytes that an entry takes beside its texts.
OVERHEAD = 4096

_COOKIE = f"{SESSION_COOKIE}=".encode()
Headers = list[tuple[bytes, bytes]]
Key = tuple[str, str]  # path and query


@dataclass
class Slot:
    """Handed to the application with a request; filled in where the answer is the same for everyone."""

    scopes: Scopes = ()
    numbers: Numbers = ()

    @property
    def is_filled(self) -> bool:
        return bool(self.scopes)


@dataclass
class Figures:
    """What memory has done since the start, for /metrics."""

    hits: int = 0
    not_modified: int = 0
    misses: int = 0
    passed: int = 0  # asked by somebody with a session, or not a page that is kept
    evicted: int = 0


class Asked(NamedTuple):
    """What of a request decides its answer."""

    key: Key
    accepted: bytes
    known: bytes
    since: bytes


class Answer:
    """An answer that is ready: as bytes, and as the messages of ASGI."""

    def __init__(self, status: int, headers: Headers, body: bytes = b"") -> None:
        lines = [b"HTTP/1.1 %d %b" % (status, HTTPStatus(status).phrase.encode())]
        lines += [b"%b: %b" % header for header in headers]
        self.whole = b"\r\n".join([*lines, b""]), body
        self.start: Message = {"type": "http.response.start", "status": status, "headers": headers}
        self.body: Message = {"type": "http.response.body", "body": body}


@dataclass
class Kept:
    """A page as bytes, with what it was made from."""

    key: Key
    scopes: Scopes
    numbers: Numbers
    made: datetime
    body: bytes
    headers: Headers
    etag: str
    changed: datetime | None
    ready: dict[str, Answer] = field(default_factory=dict)  # by encoding
    unchanged: dict[bytes, Answer] = field(default_factory=dict)  # what a reader may hold, and the 304 for it
    size: int = OVERHEAD
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)  # of who compresses it

    def add(self, encoding: str, body: bytes) -> None:
        """Make ready what is sent to those who take this encoding."""
        etag = f'"{self.etag}"' if encoding == encodings.IDENTITY else f'"{self.etag}-{encoding}"'
        own = [(b"etag", etag.encode()), (b"vary", b"Accept-Encoding, Cookie")]
        if encoding != encodings.IDENTITY:
            own.append((b"content-encoding", encoding.encode()))
        own.append((b"content-length", str(len(body)).encode()))
        self.ready[encoding] = Answer(200, self.headers + own, body)
        told = [header for header in self.headers if header[0] != b"content-type"]
        self.unchanged[etag.encode()] = Answer(304, told + own[:2])
        self.size += len(body)


class Memory:
    """Pure ASGI middleware around everything else; `most` is in bytes."""

    def __init__(
        self, app: ASGIApp, watch: Watch, *, pages: Iterable[re.Pattern[str]], clock: Callable[[], datetime], most: int
    ) -> None:
        self.app = app
        self.figures = Figures()
        self._watch = watch
        self._pages = tuple(pages)
        self._clock = clock
        self._most = most
        self._entries: OrderedDict[Key, Kept] = OrderedDict()
        self._size = 0
        self._making: dict[Key, asyncio.Future[bool]] = {}  # whether it came to be kept

    @property
    def size(self) -> int:
        """Bytes that are kept."""
        return self._size

    @property
    def entries(self) -> int:
        return len(self._entries)

    def at_once(self, target: bytes, headers: Headers) -> tuple[bytes, bytes] | None:
        """Head and body of the answer to a GET, where they are ready and nobody has to be waited for.

        For agora/connections.py, which sends them as they are; anything else goes the way of ASGI.
        """
        path, _, query = target.partition(b"?")
        if b"%" in path or not path.isascii():
            return None
        asked = _asked(path.decode(), query, headers)
        kept = self._entries.get(asked.key) if asked else None
        if asked is None or kept is None or not self._is_known_to_hold(kept):
            return None
        answer = self._ready_answer(kept, asked)
        if answer is None:
            return None
        self.figures.hits += 1
        self._entries.move_to_end(asked.key)
        return answer.whole

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = None
        if scope["type"] == "http" and scope["method"] in {"GET", "HEAD"}:
            asked = _asked(scope["path"], scope["query_string"], scope["headers"])
        if asked is None or not any(page.match(scope["path"]) for page in self._pages):
            self.figures.passed += 1
            return await self.app(scope, receive, send)
        kept = self._entries.get(asked.key)
        if kept is None or not await self._holds(kept):
            kept = await self._make(asked.key, scope, receive, send)
            if kept is None:
                return None  # not to be kept, and answered already
        else:
            self.figures.hits += 1
        if asked.key in self._entries:
            self._entries.move_to_end(asked.key)
        answer = self._ready_answer(kept, asked) or await self._encode(kept, encodings.best(asked.accepted))
        await send(answer.start)
        return await send(answer.body)

    def _is_known_to_hold(self, kept: Kept) -> bool:
        """Whether the public sees now what it saw when the page was made; False if one would have to wait."""
        try:
            return self._is_right(kept, self._watch.glance(kept.scopes))
        except CannotTell:
            return False

    async def _holds(self, kept: Kept) -> bool:
        try:
            numbers = self._watch.glance(kept.scopes)
            return self._is_right(kept, await self._watch.ask(kept.scopes) if numbers is None else numbers)
        except CannotTell:
            return False

    def _is_right(self, kept: Kept, numbers: Numbers | None) -> bool:
        # Not before it was made: a clock that was set back would keep it for too long.
        return numbers == kept.numbers and kept.made <= self._clock() < kept.made + LIFE

    def _ready_answer(self, kept: Kept, asked: Asked) -> Answer | None:
        if asked.known or asked.since:
            answer = kept.unchanged.get(asked.known) or _unchanged(kept, asked)
            if answer is not None:
                self.figures.not_modified += 1
                return answer
        return kept.ready.get(encodings.best(asked.accepted) if asked.accepted else encodings.IDENTITY)

    async def _make(self, key: Key, scope: Scope, receive: Receive, send: Send) -> Kept | None:
        """Make a page, or wait for who is making it; None if the answer was not to be kept and has been sent."""
        while making := self._making.get(key):
            if not await asyncio.shield(making):
                # No page, or a database that is away: nobody queues behind the next one who finds the same.
                self.figures.misses += 1
                return await self._ask_for_page(key, scope, receive, send)
            kept = self._entries.get(key)
            # It may have been begun before this request came, and its versions may have grown in between.
            if kept is not None and await self._holds(kept):
                self.figures.hits += 1
                return kept
        self.figures.misses += 1
        made = self._making[key] = asyncio.get_running_loop().create_future()
        kept = None
        try:
            kept = await self._ask_for_page(key, scope, receive, send)
        finally:
            del self._making[key]
            made.set_result(kept is not None)
        return kept

    async def _ask_for_page(self, key: Key, scope: Scope, receive: Receive, send: Send) -> Kept | None:
        slot, sent = Slot(), list[Message]()

        async def collect(message: Message) -> None:
            if slot.is_filled:
                sent.append(message)
            else:
                await send(message)

        await self.app(_for_nobody(key, scope, slot), receive, collect)
        if not slot.is_filled:
            return None
        kept = _kept_from(key, sent, slot, self._clock())
        self._keep(key, kept)
        return kept

    def _keep(self, key: Key, kept: Kept) -> None:
        former = self._entries.pop(key, None)
        self._size += kept.size - (former.size if former else 0)
        self._entries[key] = kept
        self._make_room()

    def _make_room(self) -> None:
        while self._size > self._most and len(self._entries) > 1:
            _, oldest = self._entries.popitem(last=False)
            self._size -= oldest.size
            self.figures.evicted += 1

    async def _encode(self, kept: Kept, encoding: str) -> Answer:
        # A crowd waits for one: as many at once would each take a thread, and memory that is not given back.
        async with kept.turn:
            if encoding not in kept.ready:
                body = await anyio.to_thread.run_sync(after_the_loop, encodings.encode, encoding, kept.body)
                before = kept.size
                kept.add(encoding, body)
                # What has been replaced or evicted meanwhile is no longer counted.
                if self._entries.get(kept.key) is kept:
                    self._size += kept.size - before
                    self._make_room()
        return kept.ready[encoding]


@lru_cache(maxsize=1024)
def _relevant(query: bytes) -> str:
    """What of a query belongs to the page; where a reader comes from does not."""
    if len(query) > LONGEST_QUERY:
        return ""
    try:
        said = parse_qsl(query.decode("latin-1"), max_num_fields=20)
    except ValueError:
        return ""
    return urlencode(sorted((name, value) for name, value in said if name in PARAMETERS))


def _for_nobody(key: Key, scope: Scope, slot: Slot) -> Scope:
    """The same request without anything that a visitor said but the address."""
    _, query = key
    host = [header for header in scope["headers"] if header[0] == b"host"]
    state = scope.get("state", {}) | {"slot": slot}
    return {**scope, "query_string": query.encode(), "headers": host, "client": None, "method": "GET", "state": state}


def _kept_from(key: Key, sent: list[Message], slot: Slot, made: datetime) -> Kept:
    body = b"".join(message.get("body", b"") for message in sent[1:])
    headers = dict(sent[0]["headers"])
    etag = headers[b"etag"].decode().strip('"')
    own = {b"etag", b"vary", b"content-length", b"x-request-id"}
    rest = [(name, value) for name, value in sent[0]["headers"] if name not in own]
    # By these words a content delivery network finds the pages that a change concerns.
    rest.append((b"surrogate-key", " ".join(slot.scopes).encode()))
    changed = cache.read_date(headers.get(b"last-modified", b"").decode("latin-1"))
    kept = Kept(key, slot.scopes, slot.numbers, made, body, rest, etag, changed)
    kept.add(encodings.IDENTITY, body)
    return kept


def _asked(path: str, query: bytes, headers: Headers) -> Asked | None:
    """What is asked for, where it may be the same for everyone: nobody with a session is answered from memory."""
    accepted = known = since = b""
    for name, value in headers:
        if name == b"accept-encoding":
            accepted = value
        elif name == b"if-none-match":
            known = value
        elif name == b"if-modified-since":
            since = value
        elif name == b"cookie" and _COOKIE in value:
            return None
    return Asked((path, _relevant(query) if query else ""), accepted, known, since)


def _unchanged(kept: Kept, asked: Asked) -> Answer | None:
    """The 304 for a reader whose copy still holds, whatever form it has."""
    etags = [etag.decode() for etag in kept.unchanged]
    known = asked.known.decode("latin-1") if asked.known else None
    since = asked.since.decode("latin-1")
    if not cache.is_fresh(etags, kept.changed, if_none_match=known, if_modified_since=since):
        return None
    return kept.unchanged[etags[0].encode()]
