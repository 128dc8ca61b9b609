"""Asks for the versions of what the public sees, so cheaply that it can be done for each request.

The pages kept in memory stand or fall with the answer, so it is never older than the request: a process is not told of
changes, it looks. On PostgreSQL all requests that came while a question was on its way share the next one. Its LISTEN
would be told a moment after the commit, which is too late for who was just told that a comment is gone, and does not go
through PgBouncer.
"""

import asyncio
import ctypes
import logging
from typing import Any, Protocol

from agora.store.database import Database

log = logging.getLogger("agora")

# Seconds that one question may take; a page is then made from the database, or is told to be out of breath.
PATIENCE = 5.0

# Bytes of the first copy of the header of SQLite's index of the log.
HEADER = 48

Scopes = tuple[str, ...]
Numbers = tuple[int, ...]


class CannotTell(Exception):
    """The database does not answer: no kept page may be shown."""


class Watch(Protocol):
    """What tells the versions. All of it is called in the event loop."""

    def glance(self, scopes: Scopes) -> Numbers | None:
        """The versions now, or None if one has to ask and wait. Raises CannotTell."""

    async def ask(self, scopes: Scopes) -> Numbers:
        """The versions, as they are after the call began. Raises CannotTell."""

    async def close(self) -> None: ...


def watch(database: Database) -> Watch:
    return SqliteWatch(database) if database.is_sqlite else PostgresqlWatch(database)


def _in_order(scopes: Scopes, rows: list[tuple[str, int]]) -> Numbers:
    found = dict(rows)
    return tuple(found.get(scope, 0) for scope in scopes)


class SqliteWatch:
    """One small SELECT on a connection of its own takes some microseconds: less than handing it to a thread.

    Before that, one look at the memory in which all processes keep the index of the write-ahead log: SQLite changes its
    header with every commit, before COMMIT returns, and recognises by it whether its own pages are still good
    (https://sqlite.org/walformat.html, 2.1). While it reads the same, the versions are what they were.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: Any = None
        self._index: ctypes.Array[ctypes.c_char] | None = None
        self._mark = b""
        self._seen: dict[Scopes, Numbers] = {}

    def glance(self, scopes: Scopes) -> Numbers:
        # The mark is read before the versions: a commit in between is taken for news once more.
        mark = self._index.raw if self._index is not None else b""
        if mark != self._mark or not mark:
            self._seen.clear()
            self._mark = mark
        numbers = self._seen.get(scopes)
        if numbers is None:
            numbers = self._seen[scopes] = self._look(scopes)
        return numbers

    async def ask(self, scopes: Scopes) -> Numbers:
        return self.glance(scopes)

    async def close(self) -> None:
        self._hang_up()

    def _look(self, scopes: Scopes) -> Numbers:
        try:
            if self._connection is None:
                self._connection = self._database.own_connection()
            marks = ", ".join("?" * len(scopes))
            query = f"SELECT scope, number FROM versions WHERE scope IN ({marks})"  # noqa: S608 - marks alone
            numbers = _in_order(scopes, self._connection.execute(query, scopes).fetchall())
        except self._database.errors as error:
            self._hang_up()
            raise CannotTell from error
        if self._index is None:
            self._index = self._database.index_of_log(HEADER)
        return numbers

    def _hang_up(self) -> None:
        self._seen.clear()
        self._index, self._mark = None, b""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


_LOOK = b"SELECT scope, number FROM versions WHERE scope = ANY($1)"
_TUPLES_OK = 2  # libpq's PGRES_TUPLES_OK


class PostgresqlWatch:
    """An asynchronous connection of its own; one question at a time, for all who wait."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._troubles: tuple[type[BaseException], ...] = (*database.errors, OSError, TimeoutError)
        self._connection: Any = None
        self._waiting: list[tuple[Scopes, asyncio.Future[Numbers]]] = []
        self._asking: asyncio.Task[None] | None = None

    def glance(self, scopes: Scopes) -> None:
        return None

    async def ask(self, scopes: Scopes) -> Numbers:
        answer: asyncio.Future[Numbers] = asyncio.get_running_loop().create_future()
        self._waiting.append((scopes, answer))
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask_for_all())
        return await answer

    async def close(self) -> None:
        if self._asking:
            self._asking.cancel()
        await self._hang_up()

    async def _ask_for_all(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting, []
                try:
                    wanted = sorted({scope for scopes, _ in batch for scope in scopes})
                    rows = await asyncio.wait_for(self._rows(wanted), PATIENCE)
                except self._troubles as error:
                    await self._hang_up()
                    self._answer(batch, None, error)
                else:
                    self._answer(batch, rows, None)
        finally:
            self._asking = None
            self._answer(self._waiting, None, None)
            self._waiting = []

    def _answer(
        self,
        batch: list[tuple[Scopes, asyncio.Future[Numbers]]],
        rows: list[tuple[str, int]] | None,
        error: BaseException | None,
    ) -> None:
        if error:
            log.warning("cannot ask for the versions of pages: %s", type(error).__name__)
        for scopes, answer in batch:
            if answer.done():  # who asked has gone away
                continue
            if rows is None:
                answer.set_exception(CannotTell())
            else:
                answer.set_result(_in_order(scopes, rows))

    async def _rows(self, wanted: list[str]) -> list[tuple[str, int]]:
        """In libpq's own words: a cursor of psycopg's would take five times as long over so small a question."""
        if self._connection is None:
            self._connection = await self._database.own_async_connection()
        libpq = self._connection.pgconn
        libpq.send_query_params(_LOOK, [f"{{{','.join(wanted)}}}".encode()])
        libpq.flush()
        await _heard(libpq)
        results = list(iter(libpq.get_result, None))
        if len(results) != 1 or results[0].status != _TUPLES_OK:
            raise ConnectionError(b" ".join(result.error_message for result in results).decode(errors="replace"))
        rows = results[0]
        return [(rows.get_value(row, 0).decode(), int(rows.get_value(row, 1))) for row in range(rows.ntuples)]

    async def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                await connection.close()
            except self._database.errors:
                log.debug("the connection was closed already")


async def _heard(libpq: Any) -> None:
    """Wait until the whole answer has come (libpq, "Asynchronous Command Processing")."""
    loop, whole, number = asyncio.get_running_loop(), asyncio.get_running_loop().create_future(), libpq.socket

    def read() -> None:
        try:
            libpq.consume_input()
            if not libpq.is_busy() and not whole.done():
                whole.set_result(None)
        except Exception as error:
            if not whole.done():
                whole.set_exception(error)

    loop.add_reader(number, read)
    try:
        await whole
    finally:
        loop.remove_reader(number)
