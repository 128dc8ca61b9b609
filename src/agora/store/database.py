"""Engines and transactions, and all that differs between SQLite and PostgreSQL."""

import ctypes
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.engine.interfaces import DBAPIConnection, ExceptionContext
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from agora.store import ledger, tallies, versions
from agora.store.location import location

# Seconds that a SQLite writer waits for its turn before we say that the site is busy.
BUSY_SECONDS = 15
# Threads that write at once in one process.
_WRITERS = {"sqlite": 2, "postgresql": 4}


_READS_SQLITE: dict[str, Any] = {"agora_reads": True}
# By default each statement of PostgreSQL sees its own moment: a page would count a comment that it does not show.
_READS_POSTGRESQL: dict[str, Any] = {"postgresql_readonly": True, "isolation_level": "REPEATABLE READ"}

# A machine that vanished says nothing, not even goodbye: without these, the system waits for it a quarter of an hour.
_NOTICES_THE_DEAD = {
    "connect_timeout": "5",
    "keepalives_idle": "15",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "20000",
    "application_name": "agora",
}
_ACTIVE = 1  # a question was sent and its answer has not come (libpq's PQTRANS_ACTIVE)
# What a standby says to a writer: read_only_sql_transaction, or that there is no read-write mode during recovery.
_READ_ONLY = {"25006", "0A000"}


class ReadOnly(Exception):
    """Code that answers a GET tried to change something: our mistake."""


class Database:
    """One database, with reading and writing transactions.

    `connections` bounds how many are open at once, beside those of `writers`; the web's thread pool is as large.
    `patience` is how many seconds an
    answer may take; without it SQLite's writers wait `BUSY_SECONDS` for their turn, and PostgreSQL takes its time.
    """

    def __init__(self, url: str, *, connections: int = 8, patience: float | None = None) -> None:
        self.engine = _engine(url, connections, patience)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        # SQLite has one writer at a time: a queue in this process is fairer and cheaper than its busy handler.
        self._turn: AbstractContextManager[Any] = Lock() if self.is_sqlite else nullcontext()
        # On SQLite one form is prepared while the disk confirms what another one wrote. PostgreSQL lets more write at
        # once; but beyond a few, those of one process only wait for each other, and a third of the rate is lost.
        self.writers = min(_WRITERS[self.engine.dialect.name], connections)
        self.connections = connections

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A transaction that sees one moment and refuses to change it."""
        options = _READS_SQLITE if self.is_sqlite else _READS_POSTGRESQL
        with self.engine.connect().execution_options(**options) as connection, _Reading(connection) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction that is committed when the block ends well and undone when it raises."""
        with self._turn, Session(self.engine, expire_on_commit=False) as session:
            yield session
            tallies.settle(session)
            ledger.settle(session)
            versions.grow(session)
            session.commit()

    @property
    def errors(self) -> tuple[type[BaseException], ...]:
        """What a connection of one's own raises when the database does not answer."""
        return (self.engine.dialect.loaded_dbapi.Error,)

    def own_connection(self) -> Any:
        """A plain connection to SQLite, outside of the pool, that only reads and never waits long."""
        arguments, options = self.engine.dialect.create_connect_args(self.engine.url)
        options = dict(options) | {"timeout": 1, "check_same_thread": False, "isolation_level": None}
        connection = self.engine.dialect.loaded_dbapi.connect(*arguments, **options)
        connection.execute("PRAGMA query_only = ON")
        return connection

    def index_of_log(self, size: int) -> "ctypes.Array[ctypes.c_char] | None":
        """The first bytes of the index of a SQLite file's log, which all its processes share; None if it is not found.

        It is SQLite's own, and good while a connection of this process is open that has read something. The file is
        never opened here: closing it would drop every lock that this process has on it (fcntl(2)), SQLite's own among
        them. Others would then write at the same time, or cut the file off under us.
        """
        try:
            number = os.stat(f"{self.engine.url.database}-shm").st_ino
            with open("/proc/self/maps", encoding="utf-8", errors="replace") as maps:
                begins = [_begin_of_map(line) for line in maps if _is_map_of(line, number)]
        except OSError:
            return None
        return (ctypes.c_char * size).from_address(begins[0]) if begins else None

    async def own_async_connection(self) -> Any:
        """A plain connection to PostgreSQL, outside of the pool, for the event loop."""
        arguments, options = self.engine.dialect.create_connect_args(self.engine.url)
        asynchronous = self.engine.dialect.loaded_dbapi.AsyncConnection
        return await asynchronous.connect(*arguments, **options, autocommit=True, prepare_threshold=None)

    def close(self) -> None:
        self.engine.dispose()


class _Reading(Session):
    """A session whose changes are refused."""


@event.listens_for(_Reading, "before_flush")
def _refuse_flush(session: Session, *_: Any) -> None:
    raise ReadOnly(f"a reading request wanted to write {session.new or session.dirty or session.deleted}")


def _engine(url: str, connections: int, patience: float | None) -> Engine:
    parsed = location(url)
    if parsed.get_backend_name() == "postgresql":
        return _postgresql(parsed, connections, patience)
    _make_private(parsed.database)
    engine = create_engine(
        parsed,
        pool_size=connections,
        max_overflow=_WRITERS["sqlite"],
        pool_use_lifo=True,  # as few as are needed grow large, and these have at hand what was read last
        hide_parameters=True,
        connect_args={
            "timeout": patience or BUSY_SECONDS,
            "check_same_thread": False,
            "isolation_level": None,
            "cached_statements": 64,  # each takes some 10 kB, in each connection
        },
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _postgresql(url: URL, connections: int, patience: float | None) -> Engine:
    stated = {name: value for name, value in _NOTICES_THE_DEAD.items() if name not in url.query}
    engine = create_engine(
        url.set(drivername="postgresql+psycopg").update_query_dict(stated),
        pool_size=connections,
        max_overflow=_WRITERS["postgresql"],
        pool_timeout=patience or BUSY_SECONDS,
        pool_pre_ping=True,
        hide_parameters=True,
        # A pooler may give each transaction another connection, which has not prepared what this one has.
        connect_args={"prepare_threshold": None},
    )
    if patience:
        event.listen(engine, "connect", partial(_limit_patience, patience))
    event.listen(engine, "handle_error", _say_one_way_that_it_is_lost)
    return engine


def _limit_patience(patience: float, connection: Any, _entry: ConnectionPoolEntry) -> None:
    """Hang up on a server that does not answer in time. The network's own limits don't see one that merely hangs."""
    wait = connection.wait

    def wait_in_patience(question: Any, **options: Any) -> Any:
        try:
            return wait(question, **({"timeout": patience} | options))
        except Exception:
            # No answer has come. If one comes yet, it must not be taken for that to another question.
            if connection.info.transaction_status == _ACTIVE:
                connection.close()
            raise

    connection.wait = wait_in_patience


def _say_one_way_that_it_is_lost(context: ExceptionContext) -> None:
    """Whatever ended the connection, it is an OperationalError; and a server that only reads is left.

    That one has become a standby: another connection may lead to the server that took its place.
    """
    connection, cause = context.connection, context.original_exception
    writes = connection is not None and not connection.get_execution_options().get("postgresql_readonly")
    refused = writes and getattr(cause, "sqlstate", "") in _READ_ONLY
    if refused or (context.is_disconnect and not isinstance(context.sqlalchemy_exception, OperationalError)):
        context.is_disconnect = True
        raise OperationalError(context.statement, None, cause, hide_parameters=True, connection_invalidated=True)


def _is_map_of(line: str, number: int) -> bool:
    """Whether this line of /proc/self/maps (proc(5)) shows the beginning of the index with this inode."""
    _addresses, _rights, offset, _device, inode, *name = line.split(maxsplit=5)
    return inode == str(number) and int(offset, 16) == 0 and bool(name) and name[0].rstrip().endswith("-shm")


def _begin_of_map(line: str) -> int:
    return int(line.partition("-")[0], 16)


def _make_private(path: str | None) -> None:
    """Only the owner reads the file: it holds addresses. SQLite gives its -wal and -shm files the same mode."""
    if path and path != ":memory:" and not path.startswith("file:"):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        # One that is there is not opened: closing it would drop the locks that this process has on it.
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def _prepare_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA cache_size = -500")  # KiB for each connection; the system keeps the file in memory too
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    reads = connection.get_execution_options().get("agora_reads", False)
    # A writer takes its place in the queue at once: SQLite cannot turn a reader into a writer under load.
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def lock(transaction: Session | Connection, name: str) -> None:
    """Let nobody else who names the same lock pass until this transaction ends."""
    connection = transaction.connection() if isinstance(transaction, Session) else transaction
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name})
    # On SQLite the whole database has one writer: a writing transaction holds every lock there is.
