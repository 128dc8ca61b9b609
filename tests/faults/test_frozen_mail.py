"""A mail server that takes connections and says nothing: comments are taken as quickly, and letters wait for it."""

import signal
import time
from pathlib import Path

import pytest
from cli import Serving
from servers.smtp import SmtpServer
from sqlalchemy import text

from agora.store.database import Database

from .ledger import SETTINGS, Ledger, Outcome, prepare, settle


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_frozen_mail_server_holds_nobody_up(
    database_url: str, tmp_path: Path, post_office: SmtpServer, is_long: bool, outcome: Outcome
) -> None:
    """The mail server is frozen. Later each letter arrives."""
    database = Database(database_url)
    post = prepare(database)
    settings = SETTINGS | {"mail_url": post_office.url}
    with Serving(tmp_path, database_url=database_url, **settings) as served:
        post_office.freeze()
        since = time.monotonic()
        with Ledger(served.client, post) as ledger:
            outcome.back_after.append(ledger.back_after(since))
            ledger.wait_for(100 if is_long else 10)
            settle(ledger, database, outcome)
        assert not ledger.answers
        if is_long:  # some seconds: the worker waits for the letter in its hand, but not for ever
            assert served.end(signal.SIGTERM) in {0, -signal.SIGTERM, 143}
        else:
            served.kill()

        post_office.thaw()
        with database.write() as session:  # a minute later, or five
            session.execute(text("UPDATE deliveries SET due_at = '2026-01-01' WHERE state = 'waiting'"))
        served.start()
        post_office.wait_for(outcome.acknowledged, timeout=120)
        assert "Traceback" not in served.log
    assert len({letter["Message-ID"] for letter in post_office.letters}) == outcome.acknowledged
    database.close()
