"""The large site that pages are measured on."""

from collections import Counter
from typing import Any

from bench.town import Size, Town

from agora.store import tallies

SIZE = Size(posts=12, comments=200, discussion=80, thread=60, pending=10)


def made() -> tuple[Town, dict[str, list[Any]]]:
    town, rows = Town(SIZE), dict[str, list[Any]]()
    for table, some in town.rows():
        rows.setdefault(table, []).extend(some)
    return town, rows


def test_the_same_size_makes_the_same_site() -> None:
    assert made()[1] == made()[1]


def test_kept_counts_are_those_of_the_rows() -> None:
    town, rows = made()
    states = Counter(row[8] for row in rows["comments"])
    kept = {table: counted for table, _, counted in town.counts()}
    assert len(rows["comments"]) == SIZE.comments + SIZE.pending
    assert sum(published for published, _, _ in kept["posts"]) == states["published"]
    waiting = sum(count for name, _, count in rows["tallies"] if name == tallies.of_state("pending"))
    assert waiting == len(rows["cases"]) == states["pending"] == SIZE.pending
