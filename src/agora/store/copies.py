"""Copies of a SQLite database: made while others write to it, looked through, and put in its place."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event
from urllib.parse import quote

from agora.store.database import Database

# How many pages are copied between two words about the progress: 8 MiB of the usual pages.
STEP = 2048
# To look through a database of gigabytes needs more memory than a page does.
CACHE = "PRAGMA cache_size = -64000"

Progress = Callable[[int, int], None]  # how much is done, and of how much


class CopyFailed(Exception):
    """SQLite could not read or write one of the two; its text says why."""


def copy_to(database: Database, path: Path, progress: Progress) -> None:
    """Copy the database as it is at this moment into one new file, while readers and writers go on.

    Raises CopyFailed.
    """
    source = database.engine.raw_connection()
    try:
        with _failing(), closing(sqlite3.connect(path, isolation_level=None)) as target:
            target.execute("PRAGMA synchronous = OFF")  # whoever asked for the copy brings it to the disk as a whole
            connection = source.driver_connection
            assert isinstance(connection, sqlite3.Connection)  # noqa: S101 - on PostgreSQL nobody asks for it
            # Inside a reading transaction the source stays as it was. Without one, SQLite begins the copy anew
            # whenever somebody else writes, and on a busy site would never end.
            connection.execute("BEGIN")
            connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            connection.backup(target, pages=STEP, progress=lambda _, left, all_: progress(all_ - left, all_))
            connection.execute("ROLLBACK")
            _make_single(target)
    finally:
        source.close()


def troubles(path: Path, given_up: Event) -> list[str]:
    """What is wrong with a database file that nobody uses: damaged pages, rows that name a row which is not there.

    Raises CopyFailed where it is not a database at all, or as soon as somebody has given it up.
    """
    with _failing(), closing(sqlite3.connect(path)) as connection:
        connection.set_progress_handler(given_up.is_set, 100_000)
        connection.execute(CACHE)
        found = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(5)")]
        orphans = connection.execute("PRAGMA foreign_key_check").fetchmany(5)
    lost = [f"a row of {table} names one of {parent} that is not there" for table, _, parent, _ in orphans]
    return [trouble for trouble in found if trouble != "ok"] + lost


def counts(path: Path, tables: tuple[str, ...]) -> dict[str, int]:
    """How many rows these tables have. Raises CopyFailed."""
    with _failing(), closing(sqlite3.connect(path)) as connection:
        return {table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables}  # noqa: S608


def is_in_use(path: Path) -> bool:
    """Whether another connection has this database open. If none has, what stands in its -wal file moves into it.

    Raises CopyFailed where it is not a database at all, and leaves all of it as it is.
    """
    with _failing(), closing(sqlite3.connect(f"file:{quote(str(path))}?immutable=1", uri=True)) as connection:
        # Told that nobody changes the file, SQLite reads its beginning alone. Otherwise it would throw the -wal file of
        # a damaged one away. (Not with open(): closing a file drops the locks that this process has on it.)
        connection.execute("PRAGMA schema_version")
    with _failing(), closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as connection:
        try:
            _make_single(connection)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
                raise
            return True
    return False


def _make_single(connection: sqlite3.Connection) -> None:
    """One file without a -wal beside it. SQLite refuses while anybody else has it open."""
    connection.execute("PRAGMA journal_mode = DELETE")


@contextmanager
def _failing() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise CopyFailed(str(error)) from error
