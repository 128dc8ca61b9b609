"""Quiet hours and digests by the clock of the wall, through midnight and the two nights on which clocks change."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from agora.rules.hours import digest_since, quiet_until

PARIS = ZoneInfo("Europe/Paris")


def at(text: str) -> datetime:
    """A moment of Paris, such as 2026-03-29 01:30."""
    return datetime.fromisoformat(text).replace(tzinfo=PARIS)


@pytest.mark.parametrize(
    ("now", "begin", "end", "until"),
    [
        ("2026-05-01 23:10", 22, 7, "2026-05-02 07:00"),
        ("2026-05-02 06:59", 22, 7, "2026-05-02 07:00"),
        ("2026-05-02 07:00", 22, 7, None),
        ("2026-05-02 21:59", 22, 7, None),
        ("2026-05-01 13:00", 12, 14, "2026-05-01 14:00"),
        ("2026-05-01 14:00", 12, 14, None),
        ("2026-05-01 14:00", 9, 9, None),
        ("2026-05-01 14:00", None, 9, None),
        ("2026-03-28 23:00", 22, 7, "2026-03-29 07:00"),  # the night has an hour less
        ("2026-03-29 01:30", 0, 2, "2026-03-29 03:00"),  # two o'clock does not come
        ("2026-10-25 00:30", 22, 7, "2026-10-25 07:00"),  # the night has an hour more
    ],
)
def test_quiet_hours_end(now: str, begin: int | None, end: int | None, until: str | None) -> None:
    assert quiet_until(at(now), begin, end, PARIS) == (at(until).astimezone(UTC) if until else None)


@pytest.mark.parametrize(
    ("now", "hour", "since"),
    [
        ("2026-05-01 08:00", 8, "2026-05-01 08:00"),
        ("2026-05-01 07:59", 8, "2026-04-30 08:00"),
        ("2026-03-29 03:10", 2, "2026-03-29 03:00"),
        ("2026-10-25 08:30", 8, "2026-10-25 08:00"),
    ],
)
def test_digest_is_due_once_a_day(now: str, hour: int, since: str) -> None:
    assert digest_since(at(now), hour, PARIS) == at(since).astimezone(UTC)
