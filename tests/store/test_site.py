"""What the whole site has once: its charter's versions, and counters that hold however many count at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from agora.actions.site import change_charter
from agora.store import site
from agora.store.database import Database

NOW = datetime(2026, 5, 1, 9, tzinfo=UTC)
ENDS = NOW + timedelta(minutes=10)


def test_crowd_is_counted_exactly(database: Database) -> None:
    def count_once(_: int) -> int:
        with database.write() as session:
            return site.count_deed(session, "comment", "one source", window=600, ends_at=ENDS)

    with ThreadPoolExecutor(8) as threads:
        counted = list(threads.map(count_once, range(24)))

    assert sorted(counted) == list(range(1, 25))


def test_each_window_counts_anew(database: Database) -> None:
    with database.write() as session:
        count = [
            site.count_deed(session, deed, source, window=window, ends_at=ENDS)
            for deed, source, window in (("a", "s", 0), ("a", "s", 0), ("b", "s", 0), ("a", "t", 0), ("a", "s", 600))
        ]
    assert count == [1, 2, 1, 1, 1]


def test_past_windows_are_forgotten(database: Database) -> None:
    with database.write() as session:
        site.count_deed(session, "comment", "one source", window=600, ends_at=ENDS)
        site.forget_counts(session, ENDS)
        assert site.count_deed(session, "comment", "one source", window=600, ends_at=ENDS) == 2

        site.forget_counts(session, ENDS + timedelta(seconds=1))
        assert site.count_deed(session, "comment", "one source", window=600, ends_at=ENDS) == 1


def test_charter_keeps_its_versions(database: Database) -> None:
    with database.write() as session:
        first = site.current_charter(session)
        for text in ("## Be kind", "## Be kind", "## Be kind\n## Be brief"):
            change_charter(session, text, language="en", by=None, now=NOW)

        current = site.current_charter(session)
        assert current.source == "## Be kind\n## Be brief"
        assert current.id == first.id + 2
        kept = site.charter_version(session, first.id)
        assert kept
        assert kept.source == first.source
