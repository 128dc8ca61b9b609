"""kill -9 at any moment, of the server or of its database: what was acknowledged is there, once, and whole."""

import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cli import Serving
from conftest import _prepared
from servers.postgres import PostgresServer
from sqlalchemy import func, select, text

from agora.store.database import Database
from agora.store.events import Delivery

from .ledger import SETTINGS, Ledger, Outcome, assert_nothing_lost, prepare, settle

Rounds = Callable[[int, int], range]


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


def kill_again_and_again(times: range, served: Serving, ledger: Ledger, database: Database, outcome: Outcome) -> None:
    for _ in times:
        ledger.wait_for(random.randint(1, 12))
        served.kill()
        assert_nothing_lost(ledger, database)
        since = time.monotonic()
        served.start()
        outcome.back_after.append(ledger.back_after(since))


def test_killed_server_loses_nothing(
    database: Database, database_url: str, tmp_path: Path, rounds: Rounds, outcome: Outcome
) -> None:
    """kill -9 of the server, started again."""
    post = prepare(database)
    times = rounds(2, 100) if database.is_sqlite else rounds(1, 30)
    with Serving(tmp_path, database_url=database_url, inner_worker="off", **SETTINGS) as served:
        with Ledger(served.client, post) as ledger:
            kill_again_and_again(times, served, ledger, database, outcome)
            settle(ledger, database, outcome)
        assert served.end(signal.SIGINT) in {0, 130}
        assert "Traceback" not in served.log


def test_killed_processes_lose_nothing(
    database: Database, database_url: str, tmp_path: Path, is_long: bool, rounds: Rounds, outcome: Outcome
) -> None:
    """kill -9 of two processes at once. Both write to one database."""
    if not (database.is_sqlite or is_long):
        pytest.skip("two processes on PostgreSQL belong to the long form: make faults.")
    post = prepare(database)
    arguments = ("--workers", "2")
    with (
        Serving(tmp_path, *arguments, database_url=database_url, inner_worker="off", **SETTINGS) as served,
        Ledger(served.client, post) as ledger,
    ):
        kill_again_and_again(rounds(1, 20), served, ledger, database, outcome)
        settle(ledger, database, outcome)


@pytest.fixture(scope="module")
def durable_postgres() -> Iterator[PostgresServer]:
    """A server that writes to its disk before it answers."""
    with PostgresServer(fsync=True) as server:
        yield server


def test_killed_postgres_loses_nothing(
    durable_postgres: PostgresServer, tmp_path: Path, rounds: Rounds, outcome: Outcome
) -> None:
    """kill -9 of PostgreSQL, started again. The site, which keeps running, is back by itself."""
    url = _prepared(durable_postgres.create_database("storm"), tmp_path)
    database = Database(url)
    post = prepare(database)
    with Serving(tmp_path, database_url=url, **SETTINGS) as served:
        with Ledger(served.client, post) as ledger:
            for _ in rounds(1, 20):
                ledger.wait_for(random.randint(1, 12))
                durable_postgres.kill()
                ledger.wait_for_refusal()
                with served.client() as client:
                    away = client.get(f"/posts/{post.slug}")
                    assert (away.status_code, away.headers["retry-after"]) == (503, "60")
                    assert "Please try again" in away.text
                since = time.monotonic()
                durable_postgres.start()
                outcome.back_after.append(ledger.back_after(since))
            settle(ledger, database, outcome)
        assert "Traceback" not in served.log
    database.close()


def test_letters_outlive_the_server(database: Database, database_url: str, tmp_path: Path) -> None:
    """Killed while its worker sends them: all arrive, and what arrives twice is recognisable."""
    post = prepare(database)
    with Serving(tmp_path, database_url=database_url, **SETTINGS) as served, Ledger(served.client, post) as ledger:
        ledger.wait_for(random.randint(1, 12))
        served.kill()
        with database.write() as session:  # five minutes later, a dead worker's letters are due again
            session.execute(text("UPDATE deliveries SET due_at = '2026-01-01' WHERE state = 'waiting'"))
        served.start()
        ledger.finish()
        wait_until_sent(database)

    written = {path.stem for path in (tmp_path / "var" / "letters").glob("*.eml")}
    assert len(written) == len(ledger.acknowledged)


def wait_until_sent(database: Database) -> None:
    """Look at the table until no letter waits any more."""
    looked = threading.Event()
    for _ in range(600):
        with database.read() as session:
            if not session.scalar(select(func.count(Delivery.id)).where(Delivery.state == "waiting")):
                return
        looked.wait(0.05)
    raise TimeoutError("letters still wait")
