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
    above: "Node[Item] | None" = field(default=None, repr=False, compare=False)


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
        nodes[id_of(item)] = _place(item, parent, roots, max_depth)
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


def _place(item: Item, parent: Node[Item] | None, roots: list[Node[Item]], max_depth: int) -> Node[Item]:
    """Hang an item under its parent; at the deepest level, beside it."""
    is_too_deep = parent is not None and parent.depth + 1 >= max_depth
    above = parent.above if parent and is_too_deep else parent
    depth = above.depth + 1 if above else 0
    node = Node(item, depth, reply_to=parent.item if parent and is_too_deep else None, above=above)
    (above.replies if above else roots).append(node)
    return node


def walk(nodes: Iterable[Node[Item]]) -> Iterator[Node[Item]]:
    """Every node, parents first, without recursion: a thread may be deeper than Python's stack."""
    waiting = list(nodes)[::-1]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(node.replies))
