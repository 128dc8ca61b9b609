"""Browsers that come in crowds and ask for nothing, or never end: they take nobody's place."""

import resource
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from cli import Serving
from servers import HOST

from agora.store.database import Database

from .ledger import SETTINGS, Ledger, Outcome, prepare, settle

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

GET = b"GET / HTTP/1.1\r\nHost: garden.example\r\n"
POST = GET.replace(b"GET / ", b"POST /posts/the-garden/comments ")
URLENCODED = b"Content-Type: application/x-www-form-urlencoded\r\n"
# What each sort says when it comes, and then again and again.
SORTS = {
    "silent": (b"", b""),
    "dripping heads": (GET, b"X-Drop: 1\r\n"),
    "dripping forms": (POST + URLENCODED + b"Content-Length: 9999\r\n\r\nbody=", b"x"),
    "halves of forms": (POST + URLENCODED + b"Content-Length: 9999\r\n\r\nbody=", b""),
    "broken chunks": (POST + URLENCODED + b"Transfer-Encoding: chunked\r\n\r\n5\r\nbody=\r\n", b"ZZ\r\n"),
    "large heads": (GET, b"X-Large: " + b"x" * 10_000 + b"\r\n"),
    "hasty": (GET + b"Connection: keep-alive\r\n\r\n", b""),
}


class Crowd:
    """So many of one sort, each of whom comes back when hung up on, until the crowd goes."""

    def __init__(self, port: int, sort: str, size: int) -> None:
        self._begun, self._drop = SORTS[sort]
        self._port = port
        self._gone = threading.Event()
        self._lines = [self._come() for _ in range(size)]
        self._thread = threading.Thread(target=self._linger, daemon=True)

    def __enter__(self) -> "Crowd":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._gone.set()
        self._thread.join()
        for line in self._lines:
            line.close()

    def _come(self) -> socket.socket:
        line = socket.create_connection((HOST, self._port), timeout=30)
        line.setblocking(False)
        with suppress(OSError):
            line.send(self._begun)
        return line

    def _linger(self) -> None:
        while not self._gone.wait(0.1):
            for place, line in enumerate(self._lines):
                if not self._stays(line):
                    line.close()
                    with suppress(OSError):
                        self._lines[place] = self._come()

    def _stays(self, line: socket.socket) -> bool:
        try:
            line.send(self._drop)
            return line.recv(65_536) != b""
        except BlockingIOError:
            return True
        except OSError:
            return False


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


def test_crowds_take_nobodys_place(
    database: Database, database_url: str, tmp_path: Path, is_long: bool, outcome: Outcome
) -> None:
    """Crowds of slow, broken and unfinished requests. Each sort comes and goes while readers write."""
    post = prepare(database)
    size = 300 if is_long else 30
    settings = SETTINGS | {"request_timeout": "5"}
    with Serving(tmp_path, database_url=database_url, inner_worker="off", **settings) as served:
        with Ledger(served.client, post) as ledger:
            for sort in SORTS:
                with Crowd(served.port, sort, size):
                    since = time.monotonic()
                    outcome.back_after.append(ledger.back_after(since))
                    ledger.wait_for(100 if is_long else 5)
            settle(ledger, database, outcome)
        assert "Traceback" not in served.log
        assert not ledger.answers


def test_ten_thousand_idle_connections_take_little(
    database: Database, database_url: str, tmp_path: Path, is_long: bool, outcome: Outcome
) -> None:
    """10,000 idle connections. In the short form 1,000."""
    post = prepare(database)
    size = 10_000 if is_long else 1_000
    with open_files(size + 1_000), Serving(tmp_path, database_url=database_url, **SETTINGS) as served:
        with Ledger(served.client, post) as ledger:
            ledger.wait_for(5)
            before = memory_of(served)
            with Crowd(served.port, "silent", size):
                since = time.monotonic()
                outcome.back_after.append(ledger.back_after(since))
                ledger.wait_for(5)
                outcome.scenario += f": {(memory_of(served) - before) / size / 1024:.0f} KiB each"
            settle(ledger, database, outcome)
        assert "Traceback" not in served.log


def test_full_house_has_room_for_who_asks(database: Database, database_url: str, tmp_path: Path) -> None:
    """More connections than the system lets the process have: those who wait longest for nothing make room."""
    prepare(database)
    with Serving(tmp_path, database_url=database_url, **SETTINGS) as served:
        for process in psutil.Process(served.running.pid).children(recursive=True):
            process.rlimit(psutil.RLIMIT_NOFILE, (200, 200))
        with Crowd(served.port, "silent", 300):
            for _ in range(5):
                with served.client() as client:
                    assert client.get("/readyz").status_code == 200
        assert "Traceback" not in served.log


class open_files:  # noqa: N801 - reads like a function
    """Let this process, and those that it starts, have so many files open."""

    def __init__(self, count: int) -> None:
        self._before = resource.getrlimit(resource.RLIMIT_NOFILE)
        self._count = count

    def __enter__(self) -> None:
        soft, hard = self._before
        if hard != resource.RLIM_INFINITY and hard < self._count:
            pytest.skip(f"NO CROWD CAME: this system allows {hard} open files, {self._count} are needed.")
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, self._count), hard))

    def __exit__(self, *_: object) -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, self._before)


def memory_of(served: Serving) -> int:
    """Bytes resident of the processes that serve."""
    serving = psutil.Process(served.running.pid).children(recursive=True)
    return sum(process.memory_info().rss for process in serving)
