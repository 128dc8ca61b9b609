"""The sealed log of a site: one chain whoever writes, signed as it grows, and read beside the records it tells of."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from friends import SECRET, Site, first_break
from sqlalchemy import delete, update
from web.looking import ON_SQLITE

from agora.actions import ledger as actions
from agora.rules.ledger import Broken
from agora.rules.log_file import Sound, verify
from agora.rules.moderation import Decision
from agora.signing import LogKey, is_signed
from agora.store import ledger, log_export, versions
from agora.store.database import Database
from agora.store.events import Event
from agora.store.ledger import Checkpoint, LedgerEntry, LedgerSecret
from agora.store.statements import Statement

KEY = LogKey(SECRET)
WHY = "This calls Charlie names."


@pytest.fixture
def judged(site: Site) -> Site:
    """A site on which Maud hid three comments, and whose log is signed."""
    post, maud = site.post(), site.maud()
    for body in ("One.", "Two.", "Three."):
        site.judge(site.published(post, body), Decision.HIDE, maud, clause=2, explanation=WHY)
    with site.writing() as session:
        actions.sign(session, KEY, now=site.clock.now)
    return site


def export(site: Site, *, private: bool = False) -> list[bytes]:
    with site.writing() as session:
        head = actions.sign(session, KEY, now=site.clock.now)
    with site.database.read() as session:
        return [line.encode() for _, line in log_export.lines(session, head, private=private)]


def found_broken(site: Site, heads: dict[int, str] | None = None) -> int:
    with site.database.read() as session, pytest.raises(Broken) as broken:
        actions.verify(session, heads or {}, progress=lambda *_: None)
    return broken.value.found.number


def is_whole(site: Site) -> bool:
    with site.database.read() as session:
        actions.verify(session, {}, progress=lambda *_: None)
        return actions.strays(session) == []


def test_eight_writers_make_one_chain(database: Database, site: Site) -> None:
    def write(writer: int) -> None:
        for number in range(5):
            with site.database.write() as session:
                ledger.append(session, "test", at=site.clock.now, facts={"by": writer}, private={"n": str(number)})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    with site.database.read() as session:
        entries = [read.sealed for batch in ledger.read(session, until=1000, private=False) for read in batch]
    assert [entry.number for entry in entries] == list(range(1, 41))
    assert first_break(entries) is None


def test_exported_log_verifies_anywhere(judged: Site) -> None:
    found = verify(export(judged), is_signed)
    assert isinstance(found, Sound)
    assert (found.number, found.key, found.opened) == (5, KEY.public, 0)
    private = verify(export(judged, private=True), is_signed)
    assert isinstance(private, Sound)
    assert private.bound == private.opened == 9


@ON_SQLITE
def test_export_tells_no_names(judged: Site) -> None:
    text = b"".join(export(judged)).decode()
    assert not [word for word in ("Maud", "Bob", "bob@example.org", WHY, "Two.") if word in text]


def test_erasing_leaves_the_chain_whole(judged: Site) -> None:
    with judged.writing() as session:
        assert ledger.forget(session, [1, 2]) == 6
    with judged.database.read() as session:
        chain = actions.verify(session, {}, progress=lambda *_: None)
    assert (chain.bound, chain.opened) == (9, 3)
    assert isinstance(verify(export(judged, private=True), is_signed), Sound)


@ON_SQLITE
def test_erased_in_its_own_transaction(site: Site) -> None:
    with site.writing() as session:
        ledger.append(session, "test", at=site.clock.now, facts={"comment": 7}, private={"text": "Two."})
        ledger.append(session, "test", at=site.clock.now, facts={"comment": 8}, private={"email": "bob@example.org"})
        ledger.append(session, "test", at=site.clock.now, facts={"comment": 9}, private={"text": "Three."})
        ledger.forget(session, [7])
        ledger.forget_entries(session, "email", "bob@example.org")
    with site.database.read() as session:
        chain = actions.verify(session, {}, progress=lambda *_: None)
    assert (chain.number, chain.bound, chain.opened) == (3, 1, 1)


CHANGES = {
    "facts": update(LedgerEntry).where(LedgerEntry.number == 2).values(facts='{"kind":"x"}'),
    "seal": update(LedgerEntry).where(LedgerEntry.number == 2).values(seal="a" * 64),
    "kind": update(LedgerEntry).where(LedgerEntry.number == 2).values(kind="report.received"),
    "comment": update(LedgerEntry).where(LedgerEntry.number == 2).values(comment_id=1),
    "value": update(LedgerSecret).where(LedgerSecret.number == 2, LedgerSecret.name == "text").values(value="Ten."),
    "signature": update(Checkpoint).where(Checkpoint.number == 5).values(signature="b" * 128),
    "statement": update(Statement).where(Statement.comment_id == 2).values(puid="another"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_changed_row_is_named(judged: Site, name: str) -> None:
    with judged.writing() as session:
        session.execute(CHANGES[name], execution_options={"synchronize_session": False})
    assert found_broken(judged) == (5 if name == "signature" else 2)


@ON_SQLITE
def test_shortened_log_is_found(judged: Site) -> None:
    with judged.writing() as session:
        session.execute(delete(LedgerEntry).where(LedgerEntry.number == 5))
    assert found_broken(judged) == 5


@ON_SQLITE
def test_published_head_is_remembered(judged: Site) -> None:
    assert found_broken(judged, {3: "c" * 64}) == 3


def test_records_and_log_agree(judged: Site) -> None:
    assert is_whole(judged)
    with judged.writing() as session:
        session.execute(update(Event).where(Event.comment_id == 3).values(at=judged.clock.now + timedelta(days=1)))
    with judged.database.read() as session:
        said = [stray.text for stray in actions.strays(session)]
    assert said == [
        "Decision %(id)s has no entry in the log.",
        "Entry %(number)s tells of a decision that is not there.",
    ]


def test_worker_signs_the_log(site: Site) -> None:
    post, maud = site.post(), site.maud()
    site.judge(site.published(post, "One."), Decision.HIDE, maud, clause=2)
    site.deliver()
    with site.database.read() as session:
        first = ledger.latest_checkpoint(session)
        assert first is not None
        assert first.number == 3  # after those that announce the key and the charter
        assert not actions.is_due(session, KEY, site.clock.now + timedelta(hours=2))
    site.judge(site.published(post, "Two."), Decision.HIDE, maud, clause=2)
    with site.database.read() as session:
        assert not actions.is_due(session, KEY, site.clock.now)
        assert actions.is_due(session, KEY, site.clock.now + actions.OLD)
        assert actions.is_due(session, LogKey("another secret"), site.clock.now)


@ON_SQLITE
def test_another_key_is_announced(judged: Site) -> None:
    other = LogKey("another secret")
    with judged.writing() as session:
        head = actions.sign(session, other, now=judged.clock.now)
    with judged.database.read() as session:
        announced = ledger.announced_key(session)
        assert announced is not None
        assert ledger.facts_of(announced)["former"] == KEY.public
        assert (head.number, head.key) == (6, other.public)
    assert is_whole(judged)
    with judged.database.read() as session:
        lines = [line.encode() for _, line in log_export.lines(session, head, private=False)]
    assert isinstance(verify(lines, is_signed), Sound)


@ON_SQLITE
def test_log_pages_are_made_anew(site: Site) -> None:
    def number() -> int:
        with site.database.read() as session:
            return versions.numbers(session, [versions.LOG])[versions.LOG]

    before = number()
    with site.writing() as session:
        ledger.append(session, "test", at=site.clock.now, facts={})
    assert number() == before + 1
