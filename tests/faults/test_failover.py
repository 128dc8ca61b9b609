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
from sqlalchemy import make_url, text

from agora.store.database import Database

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


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_server_that_only_reads_is_left(site: Site, postgres: PostgresServer) -> None:
    """What used to be the primary comes back as a standby: it answers, but takes no change."""
    post, client = site.post(), site.client()
    comment_on(client, post, "Before.")
    name = make_url(site.settings.database_url).database
    with site.database.engine.connect() as connection:
        connection.execute(text(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on'))
        connection.commit()
    site.database.close()
    postgres.hang_up(name)

    refused = comment_on(client, post, "Meanwhile.")

    assert (refused.status_code, refused.headers["retry-after"]) == (503, "60")
    assert "keep your text" in refused.text

    with site.database.engine.connect() as connection:
        connection.execute(text("SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE"))
        connection.execute(text("SET transaction_read_only = off"))
        connection.execute(text(f'ALTER DATABASE "{name}" RESET default_transaction_read_only'))
        connection.commit()
    # Nobody hung up on the site: it has left that server by itself.
    assert comment_on(client, post, "After.").status_code == 303
