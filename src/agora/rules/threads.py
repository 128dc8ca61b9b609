"""From a list of comments to what is shown: where each one stands in its thread, and the tree that is drawn."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Item = TypeVar("Item")

# Levels of replies that a path tells apart. Deeper ones stand beside each other, in the order of writing: a path has an
# end, however long two people answer each other.
LEVELS = 8
WIDTH = 12  # digits of an id in a path


def path_below(parent_path: str, id_: int) -> str:
    """Where a reply stands in its thread: paths in the order of texts are comments in the order of the page.

    The ids of those it hangs below and its own, in as many digits each; the first comment of a thread has none.
    """
    return f"{parent_path[: (LEVELS - 1) * WIDTH]}{id_:0{WIDTH}}"


def level(path: str) -> int:
    """How many levels below the first comment of its thread."""
    return len(path) // WIDTH


def lineage(path: str) -> list[int]:
    """The ids in a path: those that the reply hangs below, from the top, and its own."""
    return [int(path[start : start + WIDTH]) for start in range(0, len(path), WIDTH)]


@dataclass
class Node(Generic[Item]):
    """A comment in its thread. `reply_to` is set where the true parent is not the one above."""

    item: Item
    depth: int = 0
    replies: "list[Node[Item]]" = field(default_factory=list)
    reply_to: Item | None = None


def draw(
    items: Iterable[Item],
    *,
    id_of: Callable[[Item], int],
    parent_of: Callable[[Item], int | None],
    path_of: Callable[[Item], str],
    max_depth: int,
    elsewhere: Mapping[int, Item] | None = None,
) -> list[Node[Item]]:
    """Draw threads from `items`, which come in the order of the page.

    Below `max_depth` the replies stand side by side, each saying to whom it answers; who is not among the items but
    `elsewhere` can be answered too.
    """
    known = dict(elsewhere or {})
    threads: list[Node[Item]] = []
    branch: list[Node[Item]] = []
    for item in items:
        known[id_of(item)] = item
        depth = min(level(path_of(item)), max_depth - 1, len(branch))
        del branch[depth:]
        node = Node(item, depth, reply_to=_answered(item, branch, known, id_of, parent_of))
        (branch[-1].replies if branch else threads).append(node)
        branch.append(node)
    return threads


def _answered(
    item: Item,
    branch: list[Node[Item]],
    known: Mapping[int, Item],
    id_of: Callable[[Item], int],
    parent_of: Callable[[Item], int | None],
) -> Item | None:
    """Whom a reply answers, unless that is plain from where it hangs."""
    parent_id = parent_of(item)
    if parent_id is None or (branch and id_of(branch[-1].item) == parent_id):
        return None
    return known.get(parent_id)


def walk(nodes: Iterable[Node[Item]]) -> Iterator[Node[Item]]:
    """Every node, parents first, without recursion."""
    waiting = list(nodes)[::-1]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(node.replies))
