"""A process looks at what SQLite keeps for all processes, without loosening what SQLite holds."""

import asyncio
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from friends import write_post
from sqlalchemy import text

from agora.app import clock
from agora.store import versions
from agora.store.database import Database
from agora.store.watch import SqliteWatch

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

# Byte 128 of the index is locked as long as anybody uses it; byte 120 while somebody writes (walformat.html, 2.3.1).
# Whoever could lock the first cuts the file off; whoever could lock the second writes at the same time.
TRY_LOCKS = """
import fcntl, sys
with open(sys.argv[1], "r+b") as file:
    for byte in (128, 120):
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, byte)
            print("free")
        except BlockingIOError:
            print("held")
"""


def close(watch: SqliteWatch) -> None:
    """In a thread of its own: other tests may have left a loop running in this one."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, watch.close()).result()


def locks_of(database: Database) -> list[str]:
    """What another process finds."""
    index = f"{database.engine.url.database}-shm"
    tried = subprocess.run([sys.executable, "-c", TRY_LOCKS, index], capture_output=True, text=True, check=True)
    return tried.stdout.split()


def test_looking_keeps_the_locks(database: Database) -> None:
    watch = SqliteWatch(database)
    with database.write() as session:
        session.execute(text("UPDATE site SET title = 'Mine'"))
        assert locks_of(database) == ["held", "held"]

        watch.glance((versions.SITE,))
        Database(str(database.engine.url)).close()

        assert locks_of(database) == ["held", "held"]
    assert locks_of(database) == ["held", "free"]
    close(watch)
    assert locks_of(database) == ["held", "free"]


def test_changes_are_seen_at_once(database: Database) -> None:
    watch = SqliteWatch(database)
    seen = [watch.glance((versions.SITE,)) for _ in range(2)]

    for n in range(3):
        with database.write() as session:
            write_post(session, f"Post {n}", now=clock())
        seen.append(watch.glance((versions.SITE,)))

    assert seen == [seen[0], seen[0], *sorted(set(seen[2:]))]
    assert len(set(seen)) == 4
    close(watch)


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="only Linux tells where memory is mapped")
def test_the_index_is_found(database: Database) -> None:
    assert database.index_of_log(48) is None  # nobody has read anything
    with database.read() as session:
        session.execute(text("SELECT 1 FROM site"))
        index = database.index_of_log(48)
        assert index is not None
        assert int.from_bytes(index.raw[:4], sys.byteorder) == 3007000  # the version of its format
