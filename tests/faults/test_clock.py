"""The clock is set back, by an administrator or by a machine that woke up in the past."""

import shutil
import time
from pathlib import Path

import pytest
from cli import Serving
from friends import Site, comment_id_of, comment_on, form

from agora.store.database import Database

from .ledger import SETTINGS, Ledger, Outcome, prepare, settle

MISSING = "NO CLOCK OF A WHOLE PROCESS WAS SET BACK: that needs the program faketime."


def test_clock_set_back_changes_nothing(site: Site) -> None:
    post, bob = site.post(moderation="post"), site.client()
    page = bob.get(f"/posts/{post.slug}")
    sent = form(page, "comment-form") | {"name": "Bob", "email": "bob@example.org", "body": "Before.", "letters": "yes"}
    before = comment_id_of(site, answer := bob.post(f"/posts/{post.slug}/comments", data=sent))

    site.clock.forward(days=-1)

    again = bob.post(f"/posts/{post.slug}/comments", data=sent)
    after = comment_id_of(site, bob.post(f"/posts/{post.slug}/comments", data=sent | {"body": "After."}))
    reply = comment_id_of(site, comment_on(bob, post, "A reply.", parent=str(before)))
    assert comment_id_of(site, again) == before
    assert len({before, after, reply}) == 3
    shown = bob.get(f"/posts/{post.slug}").text
    assert all(shown.count(f'id="comment-{id_}"') == 1 for id_ in (before, after, reply))
    assert bob.get(answer.headers["location"]).status_code == 200
    assert site.client_of(site.maud()).get("/admin").status_code == 200


def test_letters_of_the_future_are_sent(site: Site) -> None:
    """They were written while the clock was ahead, and do not wait until that time has come."""
    comment_on(site.client(), site.post(), letters="yes")

    site.clock.forward(days=-10)

    assert site.deliver() == 1


class ServingInAnotherTime(Serving):
    """`agora serve` in a process whose clock differs by so much, such as -25h."""

    def start(self) -> str:
        self._command = ["faketime", "-f", self.difference, *self._command]
        return super().start()

    difference = "-25h"


def test_process_whose_clock_was_set_back(database_url: str, tmp_path: Path, is_long: bool, outcome: Outcome) -> None:
    """The whole server is killed and comes back a day earlier."""
    if not shutil.which("faketime"):
        pytest.skip(MISSING)
    database = Database(database_url)
    if not (database.is_sqlite or is_long):
        pytest.skip("a second database belongs to the long form: make faults.")
    post = prepare(database)
    today = Serving(tmp_path, database_url=database_url, inner_worker="off", **SETTINGS)
    yesterday = ServingInAnotherTime(
        tmp_path, port=today.port, database_url=database_url, inner_worker="off", **SETTINGS
    )
    with today, Ledger(today.client, post) as ledger:
        ledger.wait_for(10)
        today.kill()
        since = time.monotonic()
        with yesterday:
            outcome.back_after.append(ledger.back_after(since))
            ledger.wait_for(10)
            settle(ledger, database, outcome)
        assert "Traceback" not in today.log
    database.close()
