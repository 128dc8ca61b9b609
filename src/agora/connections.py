"""Connections of browsers to a server without a proxy in front: each must ask within its time, and in few words.

uvicorn waits without end for the first bytes of a connection and for the end of a request's head, however long that
grows. For bodies see web/body_limit.py.
"""

import asyncio
import logging
import resource
from collections.abc import Callable
from functools import partial
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

# Bytes that the first line of a request and its headers may have together.
LARGEST_HEAD = 64 * 1024
# Files that a process opens besides connections: its database, its log, what it serves.
OTHER_FILES = 128
# As many files as we ask the system for; each connection is one.
MOST_FILES = 65_536
# Seconds within which a browser takes the next part of a long answer.
TAKEN_WITHIN = 60

_log = logging.getLogger("agora")
_ASKS = frozenset({b"GET", b"HEAD"})
# From the address and the headers of a request to status line and headers, and body; None if it takes longer.
AtOnce = Callable[[bytes, list[tuple[bytes, bytes]]], tuple[bytes, bytes] | None]

# Connections on which nothing is asked now, the one that waits longest first. A process has one server.
_waiting: dict["Connection", None] = {}


def protocol(patience: float) -> partial["Connection"]:
    """What `uvicorn.Config` takes as `http`: `patience` is how many seconds a request may take to be asked."""
    return partial(Connection, patience=patience)


def _never(target: bytes, headers: list[tuple[bytes, bytes]]) -> None:
    """An application that has nothing ready."""


def _nothing() -> None:
    pass


def allow_many_files() -> None:
    """Raise our own limit of open files as far as the system lets us: many systems begin with 1024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(MOST_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _room() -> int:
    """How many connections a process can hold and still open what it needs."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST_FILES if soft == resource.RLIM_INFINITY else max(1, soft - OTHER_FILES)


class Connection(HttpToolsProtocol):
    """A browser that says nothing, or says it drop by drop, is hung up on; those who ask never notice."""

    def __init__(self, *arguments: Any, patience: float, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._patience = patience
        self._limit: asyncio.TimerHandle | None = None
        self._taking: asyncio.TimerHandle | None = None
        self._heard = 0  # bytes of a head that has not ended yet
        self._answered = False  # whether what was received last has been answered at once
        self._at_once: AtOnce = getattr(self.app, "at_once", _never)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait()
        if len(self.connections) > _room():
            next(iter(_waiting)).hang_up()

    def connection_lost(self, exc: Exception | None) -> None:
        self._wait_no_more()
        self._taken()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._answered = False
        super().data_received(data)
        if self.transport.is_closing():
            return
        self._heard = self._heard + len(data) if self._in_head else 0
        if self._heard > LARGEST_HEAD:
            self._refuse(431, b"The head of this request is too large.")
        elif self._in_head or (not self._answered and (self.cycle is None or self.cycle.response_complete)):
            self._wait()
        else:
            self._wait_no_more()
            if self._answered:
                _waiting[self] = None

    def on_headers_complete(self) -> None:
        if not self._is_answered_at_once():
            super().on_headers_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        _waiting[self] = None

    def pause_writing(self) -> None:
        super().pause_writing()
        self._taking = self.loop.call_later(TAKEN_WITHIN, self.transport.abort)

    def resume_writing(self) -> None:
        self._taken()
        super().resume_writing()

    def timeout_keep_alive_handler(self) -> None:
        # Closing alone would wait for a browser that does not read to its end.
        if self.transport.get_write_buffer_size():
            self.transport.abort()
        super().timeout_keep_alive_handler()

    def hang_up(self) -> None:
        """End a connection on which nothing was asked in time, or whose place somebody else needs."""
        if self._in_head:
            self._refuse(408, b"This request took too long.")
        else:
            self._wait_no_more()
            self.transport.close()

    @property
    def _in_head(self) -> bool:
        """Whether a request has begun whose headers have not ended."""
        return bool(self.scope) and "method" not in self.scope

    def _is_answered_at_once(self) -> bool:
        """Send what the application has ready as bytes, without a task for it and its headers looked at each time."""
        method = self.parser.get_method()
        is_busy = self.flow.write_paused or (self.cycle is not None and not self.cycle.response_complete)
        if is_busy or method not in _ASKS or self.parser.should_upgrade():
            return False
        ready = self._at_once(self.url, self.headers)
        if ready is None:
            return False
        head, body = ready
        self.scope["method"] = method.decode()
        lines = [b"%b: %b\r\n" % header for header in self.server_state.default_headers]
        stays = self.parser.should_keep_alive() and not any(line.startswith(b"connection:") for line in lines)
        if not stays:
            lines.append(b"connection: close\r\n")
        # In two pieces: to put them together would copy a large page for every reader.
        self.transport.writelines([b"".join([head, *lines, b"\r\n"]), b"" if method == b"HEAD" else body])
        if not stays:
            self.transport.close()
        self.cycle = self.cycle or self._finished_cycle()
        self._answered = True
        self.on_response_complete()
        return True

    def _finished_cycle(self) -> RequestResponseCycle:
        """What uvicorn finds where it looks for the request in hand: one that has been answered."""
        cycle = RequestResponseCycle(
            scope=self.scope,
            transport=self.transport,
            flow=self.flow,
            logger=_log,
            access_logger=_log,
            access_log=False,
            default_headers=[],
            message_event=asyncio.Event(),
            expect_100_continue=False,
            keep_alive=True,
            on_response=_nothing,
        )
        cycle.response_started = cycle.response_complete = True
        return cycle

    def _wait(self) -> None:
        if self._limit is None:
            self._limit = self.loop.call_later(self._patience, self.hang_up)
            _waiting[self] = None

    def _wait_no_more(self) -> None:
        _waiting.pop(self, None)
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None

    def _taken(self) -> None:
        if self._taking is not None:
            self._taking.cancel()
            self._taking = None

    def _refuse(self, status: int, sentence: bytes) -> None:
        self._wait_no_more()
        if self.cycle is not None and not self.cycle.response_complete:  # a sentence would stand in that answer
            self.transport.abort()
            return
        head = b"content-type: text/plain\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % len(sentence)
        self.transport.write(STATUS_LINE[status] + head + sentence)
        self.transport.close()
