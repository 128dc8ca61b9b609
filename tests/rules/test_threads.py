"""Threads are drawn of true parents, to a certain depth, without losing anybody."""

from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agora.rules import threads
from agora.rules.threads import Node


@dataclass(frozen=True)
class Remark:
    id: int
    parent: int | None = None
    public: bool = True


def draw(remarks: Sequence[Remark], max_depth: int = 3) -> list[Node[Remark]]:
    return threads.draw(
        remarks,
        id_of=lambda remark: remark.id,
        parent_of=lambda remark: remark.parent,
        is_public=lambda remark: remark.public,
        max_depth=max_depth,
    )


def outline(remarks: Sequence[Remark], max_depth: int = 3) -> list[str]:
    """One line a comment: dots for its depth, its id, and to whom it says that it answers."""
    return [
        "." * node.depth + str(node.item.id) + (f" to {node.reply_to.id}" if node.reply_to else "")
        for node in threads.walk(draw(remarks, max_depth))
    ]


def test_replies_hang_below_parents() -> None:
    remarks = [Remark(1), Remark(2), Remark(3, 1), Remark(4, 2), Remark(5, 1), Remark(6, 3)]

    assert outline(remarks) == ["1", ".3", "..6", ".5", "2", ".4"]


def test_deep_replies_stand_together() -> None:
    remarks = [Remark(1), Remark(2, 1), Remark(3, 2), Remark(4, 3), Remark(5, 2), Remark(6, 4)]

    assert outline(remarks) == ["1", ".2", "..3", "..4 to 3", "..5", "..6 to 4"]


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


def test_tombstone_keeps_its_replies() -> None:
    remarks = [Remark(1, public=False), Remark(2, 1, public=False), Remark(3, 2)]

    assert outline(remarks) == ["1", ".2", "..3"]


def test_lonely_tombstones_are_pruned() -> None:
    remarks = [Remark(1), Remark(2, 1, public=False), Remark(3, 2, public=False), Remark(4, public=False)]

    assert outline(remarks) == ["1"]


def test_orphans_begin_a_thread() -> None:
    assert outline([Remark(2, 1), Remark(3, 2)]) == ["2", ".3"]


def test_nobody_draws_nothing() -> None:
    assert draw([]) == []


@pytest.mark.parametrize("max_depth", [2, 5, 10_000])
def test_long_quarrel_is_drawn(max_depth: int) -> None:
    """5,000 replies, each to the one before, the last one public: deeper than Python's stack."""
    quarrel = [Remark(1, public=False), *(Remark(n, n - 1, public=n == 5_000) for n in range(2, 5_001))]

    nodes = list(threads.walk(draw(quarrel, max_depth)))

    assert [node.item.id for node in nodes] == list(range(1, 5_001))
    assert max(node.depth for node in nodes) == min(max_depth - 1, 4_999)


@st.composite
def discussions(draw: st.DrawFn) -> list[Remark]:
    size = draw(st.integers(0, 25))
    return [
        Remark(n, draw(st.one_of(st.none(), st.integers(1, n - 1))) if n > 1 else None, draw(st.booleans()))
        for n in range(1, size + 1)
    ]


def is_wanted(remark: Remark, remarks: Sequence[Remark]) -> bool:
    """Public, or with something public anywhere below it: said slowly, and apart from the code."""
    below = [other for other in remarks if other.parent == remark.id]
    return remark.public or any(is_wanted(other, remarks) for other in below)


@given(discussions(), st.integers(2, 6))
def test_everyone_is_drawn_once(remarks: list[Remark], max_depth: int) -> None:
    nodes = list(threads.walk(draw(remarks, max_depth)))

    drawn = sorted(node.item.id for node in nodes)
    assert drawn == [remark.id for remark in remarks if is_wanted(remark, remarks)]
    assert all(node.depth < max_depth for node in nodes)


@given(discussions(), st.integers(2, 6))
def test_everyone_knows_the_parent(remarks: list[Remark], max_depth: int) -> None:
    """Whoever reads a reply sees whom it answers: the comment above it, or the one that it names."""
    for node in threads.walk(draw(remarks, max_depth)):
        for reply in node.replies:
            assert reply.depth == node.depth + 1
            assert reply.item.parent == (reply.reply_to or node.item).id
