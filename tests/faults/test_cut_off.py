"""The line between the site and its database breaks, hangs, or is cut by an administrator."""

import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cli import Serving
from servers.postgres import PostgresServer
from servers.proxy import Network
from sqlalchemy import make_url

from agora.store.database import Database

from .ledger import SETTINGS, Ledger, Outcome, prepare, settle

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
Rounds = Callable[[int, int], range]
HASTY = {"database_timeout": "1"}


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


def test_dropped_connections_lose_nothing(
    served: Serving, network: Network, database: Database, rounds: Rounds, outcome: Outcome
) -> None:
    """All connections to the database are dropped."""
    with Ledger(served.client, prepare(database)) as ledger:
        for _ in rounds(3, 50):
            ledger.wait_for(random.randint(1, 12))
            since = time.monotonic()
            network.drop()
            outcome.back_after.append(ledger.back_after(since))
        settle(ledger, database, outcome)


def test_terminated_connections_lose_nothing(
    served: Serving, postgres: PostgresServer, database: Database, rounds: Rounds, outcome: Outcome
) -> None:
    """pg_terminate_backend of all connections."""
    name = database.engine.url.database
    with Ledger(served.client, prepare(database)) as ledger:
        for _ in rounds(3, 50):
            ledger.wait_for(random.randint(1, 12))
            since = time.monotonic()
            assert postgres.hang_up(name)
            outcome.back_after.append(ledger.back_after(since))
        settle(ledger, database, outcome)


@pytest.mark.parametrize("trouble", [Network.cut, Network.freeze], ids=["cut", "frozen"])
def test_database_out_of_reach_loses_nothing(
    served: Serving,
    network: Network,
    database: Database,
    trouble: Callable[[Network], None],
    rounds: Rounds,
    outcome: Outcome,
) -> None:
    """The network to the database is away for a while."""
    outcome.scenario = f"The network to the database is {'cut' if trouble is Network.cut else 'frozen'}"
    post = prepare(database)
    with Ledger(served.client, post) as ledger:
        for _ in rounds(1, 10):
            ledger.wait_for(random.randint(1, 12))
            trouble(network)
            ledger.wait_for_refusal()
            with served.client() as client:
                assert client.get("/healthz").status_code == 200
                away = client.get(f"/posts/{post.slug}")
                assert (away.status_code, away.headers["retry-after"]) == (503, "60")
                assert "Please try again" in away.text
            since = time.monotonic()
            network.mend()
            outcome.back_after.append(ledger.back_after(since))
        settle(ledger, database, outcome)
