"""The line between the site and its database breaks, hangs, or is cut by an administrator."""

import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from cli import Serving
from friends import Site
from servers.postgres import PostgresServer
from servers.proxy import Network
from sqlalchemy import make_url

from agora.store.database import Database

from .conftest import new_line
from .ledger import SETTINGS, Ledger, Outcome, prepare, settle

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
Rounds = Callable[[int, int], range]
HASTY = {"database_timeout": "1"}
CROWD = 30


@pytest.fixture
def network(postgres: PostgresServer) -> Iterator[Network]:
    with Network(postgres.port) as network:
        yield network


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture
def served(database_url: str, network: Network, tmp_path: Path) -> Iterator[Serving]:
    """A site that reaches its database through the network."""
    url = make_url(database_url).set(port=network.port).update_query_dict({"connect_timeout": "2"})
    with Serving(tmp_path, database_url=url.render_as_string(hide_password=False), **HASTY, **SETTINGS) as served:
        yield served
        assert "Traceback" not in served.log


def test_broken_lines_lose_nothing(
    served: Serving, network: Network, postgres: PostgresServer, database: Database, rounds: Rounds
) -> None:
    """Connections are dropped or terminated; the network is cut, or swallows everything. One after the other."""
    brief = {
        "All connections to PostgreSQL are dropped": network.drop,
        "pg_terminate_backend of all connections": lambda: postgres.hang_up(str(database.engine.url.database)),
    }
    lasting = {"The network to PostgreSQL is cut": network.cut, "The network to PostgreSQL is frozen": network.freeze}
    outcomes = {name: new_line(name) for name in (*brief, *lasting)}
    with Ledger(served.client, prepare(database)) as ledger:
        for name, trouble in brief.items():
            with counted(ledger, outcomes[name]):
                for _ in rounds(2, 50):
                    ledger.wait_for(random.randint(1, 12))
                    since = time.monotonic()
                    trouble()
                    outcomes[name].back_after.append(ledger.back_after(since))
        for name, trouble in lasting.items():
            with counted(ledger, outcomes[name]):
                for _ in rounds(1, 10):
                    ledger.wait_for(random.randint(1, 12))
                    trouble()
                    ledger.wait_for_refusal()
                    assert_away(served, ledger)
                    since = time.monotonic()
                    network.mend()
                    outcomes[name].back_after.append(ledger.back_after(since))
        settle(ledger, database, Outcome("all of them"))


@contextmanager
def counted(ledger: Ledger, outcome: Outcome) -> Iterator[None]:
    """Put what happens meanwhile into this line of the table. That nothing is lost shows when the book is closed."""
    acknowledged, answers = len(ledger.acknowledged), ledger.answers.copy()
    yield
    outcome.acknowledged, outcome.answers = len(ledger.acknowledged) - acknowledged, ledger.answers - answers


def assert_away(served: Serving, ledger: Ledger) -> None:
    """Pages say so, those from memory too; and the process answers."""
    with served.client() as client:
        assert client.get("/healthz").status_code == 200
        away = client.get(f"/posts/{ledger.post.slug}")
        assert (away.status_code, away.headers["retry-after"]) == (503, "60")
        assert "Please try again" in away.text


def test_nobody_waits_behind_a_frozen_database(network: Network, database_url: str, tmp_path: Path) -> None:
    """However many ask, for the same page or for others: each is told, and none waits for all those before."""
    url = make_url(database_url).set(port=network.port).update_query_dict({"connect_timeout": "2"})
    stated = HASTY | {"threads": "1"}
    with Site(url.render_as_string(hide_password=False), tmp_path / "data", **stated) as site:
        slugs = [site.post(f"Post {number}").slug for number in range(CROWD)]
        maud = site.client_of(site.maud())
        network.freeze()
        with ThreadPoolExecutor(2 * CROWD + 1) as threads:
            asked = [threads.submit(site.client().get, f"/posts/{slug}") for slug in (*slugs, *[slugs[0]] * CROWD)]
            large = threads.submit(maud.post, "/admin/posts/new", data={"body": "word " * 100_000})
            answers = [answer.result() for answer in (*asked, large)]
        network.mend()
    assert {answer.status_code for answer in answers} == {503}
    assert {answer.headers["retry-after"] for answer in answers} == {"60"}
