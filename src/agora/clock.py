"""The clock, which the entrances read and everybody else is told."""

from datetime import UTC, datetime


def clock() -> datetime:
    return datetime.now(UTC)
