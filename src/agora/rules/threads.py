"""From a flat list of comments to what is shown: a tree of true parents, drawn only to a certain depth."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Item = TypeVar("Item")


@dataclass
class Node(Generic[Item]):
    """A comment in its thread. `reply_to` is set where the depth is capped: the true parent is not the one above."""

    item: Item
    depth: int = 0
    replies: "list[Node[Item]]" = field(default_factory=list)
    reply_to: Item | None = None


def draw(
    items: Sequence[Item],
    *,
    id_of: Callable[[Item], int],
    parent_of: Callable[[Item], int | None],
    is_public: Callable[[Item], bool],
    max_depth: int,
) -> list[Node[Item]]:
    """Draw threads from `items`, parents before their replies.

    What is not public stays only while something public hangs below it. Below `max_depth` the replies stand side by
    side in the order of writing, each saying to whom it answers.
    """
    wanted = _with_public_below(items, id_of, parent_of, is_public)
    nodes: dict[int, Node[Item]] = {}
    roots: list[Node[Item]] = []
    for item in items:
        if id_of(item) not in wanted:
            continue
        parent_id = parent_of(item)
        parent = nodes.get(parent_id) if parent_id is not None else None
        node = _placed(item, parent, nodes, parent_of, max_depth)
        nodes[id_of(item)] = node
        if parent is None:
            roots.append(node)
    return roots


def _with_public_below(
    items: Sequence[Item],
    id_of: Callable[[Item], int],
    parent_of: Callable[[Item], int | None],
    is_public: Callable[[Item], bool],
) -> set[int]:
    wanted: set[int] = set()
    for item in reversed(items):
        if is_public(item) or id_of(item) in wanted:
            wanted.add(id_of(item))
            parent_id = parent_of(item)
            if parent_id is not None:
                wanted.add(parent_id)
    return wanted


def _placed(
    item: Item,
    parent: Node[Item] | None,
    nodes: dict[int, Node[Item]],
    parent_of: Callable[[Item], int | None],
    max_depth: int,
) -> Node[Item]:
    if parent is None:
        return Node(item)
    if parent.depth + 1 < max_depth:
        node = Node(item, parent.depth + 1)
        parent.replies.append(node)
        return node
    home = parent
    while home.depth >= max_depth - 1 and (above := parent_of(home.item)) is not None:
        home = nodes[above]
    node = Node(item, home.depth + 1, reply_to=parent.item if home is not parent else None)
    home.replies.append(node)
    return node


def walk(nodes: Iterable[Node[Item]]) -> Iterator[Node[Item]]:
    """Every node, parents first, without recursion: a thread may be deeper than Python's stack."""
    waiting = list(nodes)[::-1]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(node.replies))
