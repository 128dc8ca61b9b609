"""From a list of comments to what is shown: where each one stands in its thread, and the tree that is drawn."""

from collections.abc import Iterable, Mapping
from typing import Generic, NamedTuple, Protocol, TypeVar


class Comment(Protocol):
    """As much of a comment as drawing needs; `path` as `path_below` writes it."""

    @property
    def id(self) -> int: ...

    @property
    def parent_id(self) -> int | None: ...

    @property
    def path(self) -> str | None: ...


Item = TypeVar("Item", bound=Comment)

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


class Drawn(NamedTuple, Generic[Item]):
    """A comment where it is drawn. `reply_to` is set where the true parent is not the one above."""

    item: Item
    depth: int
    reply_to: Item | None


def draw(items: Iterable[Item], *, max_depth: int, elsewhere: Mapping[int, Item] | None = None) -> "list[Drawn[Item]]":
    """Draw threads from `items`, which come in the order of the page, and stay in it.

    Below `max_depth` the replies stand side by side, each saying to whom it answers; who is not among the items but
    `elsewhere` can be answered too.
    """
    known = dict(elsewhere or {})
    drawn = []
    branch: list[int] = []  # the ids that the next one may hang below
    for item in items:
        known[item.id] = item
        depth = min(level(item.path or ""), max_depth - 1, len(branch))
        del branch[depth:]
        drawn.append(Drawn(item, depth, _answered(item.parent_id, branch, known)))
        branch.append(item.id)
    return drawn


def _answered(parent_id: int | None, branch: list[int], known: Mapping[int, Item]) -> Item | None:
    """Whom a reply answers, unless that is plain from where it hangs."""
    if parent_id is None or (branch and branch[-1] == parent_id):
        return None
    return known.get(parent_id)
