"""Threads are drawn of true parents, to a certain depth, without losing anybody."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agora.rules import threads
from agora.rules.threads import Drawn


@dataclass(frozen=True)
class Remark:
    id: int
    parent_id: int | None = None
    path: str = ""


def in_order(remarks: Sequence[Remark]) -> list[Remark]:
    """As the store gives them to a page; parents are written before their replies."""
    stands: dict[int, tuple[int, str]] = {}
    for remark in remarks:
        root, above = stands[remark.parent_id] if remark.parent_id else (remark.id, "")
        stands[remark.id] = (root, threads.path_below(above, remark.id) if remark.parent_id else "")
    placed = [replace(remark, path=stands[remark.id][1]) for remark in remarks]
    return sorted(placed, key=lambda remark: stands[remark.id])


def draw(remarks: Sequence[Remark], max_depth: int = 3) -> list[Drawn[Remark]]:
    return threads.draw(in_order(remarks), max_depth=max_depth)


def outline(remarks: Sequence[Remark], max_depth: int = 3) -> list[str]:
    """One line a comment: dots for its depth, its id, and to whom it says that it answers."""
    return [
        "." * depth + str(item.id) + (f" to {reply_to.id}" if reply_to else "")
        for item, depth, reply_to in draw(remarks, max_depth)
    ]


def test_replies_hang_below_parents() -> None:
    remarks = [Remark(1), Remark(2), Remark(3, 1), Remark(4, 2), Remark(5, 1), Remark(6, 3)]

    assert outline(remarks) == ["1", ".3", "..6", ".5", "2", ".4"]


def test_deep_replies_stand_together() -> None:
    remarks = [Remark(1), Remark(2, 1), Remark(3, 2), Remark(4, 3), Remark(5, 2), Remark(6, 4)]

    assert outline(remarks) == ["1", ".2", "..3", "..4 to 3", "..6 to 4", "..5"]


@pytest.mark.parametrize(
    ("max_depth", "drawn"),
    [
        (2, ["1", ".2", ".3 to 2", ".4 to 3"]),
        (3, ["1", ".2", "..3", "..4 to 3"]),
        (4, ["1", ".2", "..3", "...4"]),
    ],
)
def test_depth_is_a_setting(max_depth: int, drawn: list[str]) -> None:
    assert outline([Remark(1), Remark(2, 1), Remark(3, 2), Remark(4, 3)], max_depth) == drawn


def test_who_is_elsewhere_is_named() -> None:
    """A page that begins within a thread: the one that is answered stands on another."""
    there = Remark(3, 1, threads.path_below("", 3))
    here = Remark(5, 3, threads.path_below(there.path, 5))

    assert threads.draw([Remark(1), here], max_depth=5, elsewhere={3: there}) == [
        (Remark(1), 0, None),
        (here, 1, there),
    ]


def test_paths_name_who_stands_above() -> None:
    path = ""
    for id_ in range(2, 14):
        path = threads.path_below(path, id_)

    assert threads.lineage(path) == [2, 3, 4, 5, 6, 7, 8, 13]
    assert threads.level(path) == threads.LEVELS
    assert threads.lineage("") == []


def test_nobody_draws_nothing() -> None:
    assert draw([]) == []


@pytest.mark.parametrize("max_depth", [2, 5, 10_000])
def test_long_quarrel_is_drawn(max_depth: int) -> None:
    """5,000 replies, each to the one before: deeper than Python's stack."""
    drawn = draw([Remark(1), *(Remark(n, n - 1) for n in range(2, 5_001))], max_depth)

    assert [item.id for item, _, _ in drawn] == list(range(1, 5_001))
    assert max(depth for _, depth, _ in drawn) == min(max_depth - 1, threads.LEVELS)


@st.composite
def discussions(draw: st.DrawFn) -> list[Remark]:
    size = draw(st.integers(0, 25))
    return [Remark(n, draw(st.one_of(st.none(), st.integers(1, n - 1))) if n > 1 else None) for n in range(1, size + 1)]


@given(discussions(), st.integers(1, 12))
def test_everyone_is_drawn_once(remarks: list[Remark], max_depth: int) -> None:
    drawn = draw(remarks, max_depth)

    assert [item for item, _, _ in drawn] == in_order(remarks)
    assert all(depth < max_depth for _, depth, _ in drawn)


@given(discussions())
def test_replies_come_after_whom_they_answer(remarks: list[Remark]) -> None:
    order = [remark.id for remark in in_order(remarks)]

    for remark in remarks:
        if remark.parent_id is not None:
            assert order.index(remark.parent_id) < order.index(remark.id)


@given(discussions(), st.integers(2, 12))
def test_everyone_knows_the_parent(remarks: list[Remark], max_depth: int) -> None:
    """Whoever reads a reply sees whom it answers: the comment above it, or the one that it names."""
    above: list[Remark] = []
    for item, depth, reply_to in draw(remarks, max_depth):
        assert depth <= len(above)
        del above[depth:]
        if depth:
            assert item.parent_id == (reply_to or above[-1]).id
        above.append(item)
