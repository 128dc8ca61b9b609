"""Who answers whom: comments while their threads are made, before they are rows."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from agora.rules import threads
from agora.rules.moderation import State
from bench.town.size import Size

STATES = [State.PUBLISHED] * 95 + [State.HIDDEN] * 2 + [State.WITHDRAWN] + [State.REJECTED] * 2
# How many replies the threads of a discussion have.
REPLIES = [0] * 50 + [1] * 15 + [2] * 12 + [3] * 8 + [5] * 8 + [9] * 5 + [25] * 2
# A giant thread begins with two who answer each other, for a tenth of its replies.
CHAIN = 10
ON = 0.3  # how often somebody answers the last one, and not anyone


@dataclass(slots=True, eq=False)
class Remark:
    """`line` holds whom it hangs below from the first one on, and itself; `shown` counts the public ones below it."""

    id: int
    state: State
    parent: "Remark | None" = None
    path: str = ""
    line: "tuple[Remark, ...]" = ()
    shown: int = 0

    @property
    def was_public(self) -> bool:
        return self.state not in {State.PENDING, State.REJECTED}


class Remarks:
    """Numbered as they are made; `chance` is shared with those who use them, in a fixed order."""

    def __init__(self, chance: Random) -> None:
        self.chance, self.made = chance, 0

    def threads(self, share: int, *, giant: bool) -> Iterator[list[Remark]]:
        """Of one post that has this share of the comments."""
        while share:
            replies = share - 1 if giant else min(self.chance.choice(REPLIES), share - 1)
            share -= replies + 1
            yield self._thread(replies, chain=replies // CHAIN if giant else 0)

    def one(self, state: State, parent: Remark | None = None) -> Remark:
        self.made += 1
        remark = Remark(self.made, state, parent)
        if parent:
            remark.path = threads.path_below(parent.path, remark.id)
        remark.line = (*(parent.line[: threads.LEVELS] if parent else ()), remark)
        return remark

    def _thread(self, replies: int, *, chain: int) -> list[Remark]:
        remarks = [self.one(self.chance.choice(STATES) if not replies else State.PUBLISHED)]
        answered = remarks[:]
        for n in range(replies):
            parent = answered[-1] if n < chain or self.chance.random() < ON else self.chance.choice(answered)
            remarks.append(self.one(self.chance.choice(STATES), parent))
            if remarks[-1].was_public:
                answered.append(remarks[-1])
        for remark in remarks:
            _show(remark)
        return remarks


def _show(remark: Remark) -> None:
    if remark.state is State.PUBLISHED:
        for above in {*remark.line, remark.parent or remark}:
            above.shown += 1


def shares_of_posts(size: Size) -> list[int]:
    """How many comments each post has: many have few, and few have many."""
    special = size.special
    others = max(1, size.posts - len(special))
    left, chance = size.comments - sum(special), Random(2)
    weights = [min(chance.paretovariate(1.2), 40.0) for _ in range(others)]
    shares = [int(left * weight / sum_) for sum_ in [sum(weights)] for weight in weights]
    for n in range(left - sum(shares)):
        shares[n % others] += 1
    return special + shares
