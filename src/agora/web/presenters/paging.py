"""Pagers: numbered pages for readers, keys for long lists and feeds."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True)
class Pager:
    """The neighbours of a numbered page; addresses are None at the ends."""

    page: int
    pages: int
    newer: str | None
    older: str | None


def in_pages(count: int, size: int) -> int:
    return max(1, math.ceil(count / size))


def numbered(page: int, count: int, size: int, address: Callable[[int], str]) -> Pager:
    pages = in_pages(count, size)
    return Pager(
        page,
        pages,
        address(page - 1) if page > 1 else None,
        address(page + 1) if page < pages else None,
    )


def key_of(moment: datetime, id_: int) -> str:
    """A position in a list ordered by time and id, for an address."""
    return f"{int(moment.timestamp() * 1_000_000)}-{id_}"


def read_key(text: str) -> tuple[datetime, int] | None:
    """The position that an address names; None (the beginning) if it names none."""
    microseconds, _, id_ = text.partition("-")
    if not (microseconds.isascii() and microseconds.isdigit() and id_.isascii() and id_.isdigit()) or len(text) > 36:
        return None
    try:
        seconds, rest = divmod(int(microseconds), 1_000_000)
        return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest), min(int(id_), 2**62)
    except (ValueError, OverflowError, OSError):
        return None
