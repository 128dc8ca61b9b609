"""The machine of the database is gone for good: the standby that had every commit takes its place."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from cli import Serving
from conftest import _prepared
from friends import Site, comment_on
from servers import HOST, free_port
from servers.postgres import SUPERUSER, PostgresServer, Standby

from agora.store.database import Database
from agora.store.posts import Post

from .ledger import SETTINGS, Ledger, Outcome, prepare, settle


@pytest.fixture
def servers() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def test_standby_takes_over(
    servers: ExitStack, tmp_path: Path, rounds: Callable[[int, int], range], outcome: Outcome
) -> None:
    """kill -9 of PostgreSQL's primary, and its synchronous standby is promoted. The site finds it by itself."""
    ports = [free_port(), free_port()]
    primary: PostgresServer = servers.enter_context(PostgresServer(port=ports[0]))
    database = Database(_prepared(primary.create_database("moving"), tmp_path))
    post = prepare(database)
    database.close()
    hosts = "&".join(f"host={HOST}:{port}" for port in ports)
    url = f"postgresql://{SUPERUSER}@/moving?{hosts}&target_session_attrs=read-write"
    with Serving(tmp_path, database_url=url, inner_worker="off", **SETTINGS) as served:
        with Ledger(served.client, post) as ledger:
            for turn in rounds(1, 5):
                standby: Standby = servers.enter_context(primary.standby(ports[(turn + 1) % 2]))
                lost = servers.enter_context(Site(standby.url("moving"), tmp_path / f"lost-{turn}"))
                assert_only_reads(lost, post)
                ledger.wait_for(random.randint(1, 12))
                since = time.monotonic()
                primary.kill()
                ledger.wait_for_refusal()
                standby.promote()
                outcome.back_after.append(ledger.back_after(since))
                primary = standby
            database = Database(primary.url("moving"))
            settle(ledger, database, outcome)
            database.close()
        assert "Traceback" not in served.log
    # The site that had been led to a standby left it when it refused, so it is at the primary now.
    assert comment_on(lost.client(), post, "At last.").status_code == 303


def assert_only_reads(site: Site, post: Post) -> None:
    """A site whose address leads to a standby shows its pages, and says of forms that they cannot be taken."""
    refused = comment_on(site.client(), post, "Too early.")
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "60")
    assert "keep your text" in refused.text
    assert "Too early." in refused.text
