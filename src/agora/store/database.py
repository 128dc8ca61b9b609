"""Engines and transactions, and all that differs between SQLite and PostgreSQL."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from agora.store import versions

# Seconds that a SQLite writer waits for its turn before we say that the site is busy.
BUSY_SECONDS = 15


_READS_SQLITE: dict[str, Any] = {"agora_reads": True}
# By default each statement of PostgreSQL sees its own moment: a page would count a comment that it does not show.
_READS_POSTGRESQL: dict[str, Any] = {"postgresql_readonly": True, "isolation_level": "REPEATABLE READ"}


class ReadOnly(Exception):
    """Code that answers a GET tried to change something: our mistake."""


class Database:
    """One database, with reading and writing transactions.

    `connections` bounds how many are open at once; the web's thread pool is as large.
    """

    def __init__(self, url: str, *, connections: int = 8) -> None:
        self.engine = _engine(url, connections)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        # SQLite has one writer at a time: a queue in this process is fairer and cheaper than its busy handler.
        self.writers = 1 if self.is_sqlite else connections
        self.connections = connections

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A transaction that sees one moment and refuses to change it."""
        options = _READS_SQLITE if self.is_sqlite else _READS_POSTGRESQL
        with self.engine.connect().execution_options(**options) as connection, Session(connection) as session:
            event.listen(session, "before_flush", _refuse_flush)
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction that is committed when the block ends well and undone when it raises."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session
            versions.grow(session)
            session.commit()

    def close(self) -> None:
        self.engine.dispose()


def _refuse_flush(session: Session, *_: Any) -> None:
    raise ReadOnly(f"a reading request wanted to write {session.new or session.dirty or session.deleted}")


def _engine(url: str, connections: int) -> Engine:
    parsed = make_url(url.replace("postgres://", "postgresql://", 1))
    if parsed.get_backend_name() == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
        return create_engine(parsed, pool_size=connections, max_overflow=2, pool_pre_ping=True, hide_parameters=True)
    _make_private(parsed.database)
    engine = create_engine(
        parsed,
        pool_size=connections,
        max_overflow=2,
        hide_parameters=True,
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False, "isolation_level": None},
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _make_private(path: str | None) -> None:
    """Only the owner reads the file: it holds addresses. SQLite gives its -wal and -shm files the same mode."""
    if path and path != ":memory:" and not path.startswith("file:"):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def _prepare_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA cache_size = -8000")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    reads = connection.get_execution_options().get("agora_reads", False)
    # A writer takes its place in the queue at once: SQLite cannot turn a reader into a writer under load.
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def lock(session: Session, name: str) -> None:
    """Let nobody else who names the same lock pass until this transaction ends."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name})
    # On SQLite the whole database has one writer: a writing transaction holds every lock there is.
