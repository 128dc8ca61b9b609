"""What the records of a year count up to, before anything is said of it: so many of each kind."""

from dataclasses import dataclass, field
from typing import NamedTuple

from agora.rules.statements import Automation, Category, Exemption, Ground, Prompt


class Restricted(NamedTuple):
    """So many restrictions of one kind. `outcome` is "stands" or "reversed"."""

    measure: str
    against: str
    ground: Ground
    category: Category
    prompt: Prompt
    automation: Automation
    detected: bool
    exempt: Exemption | None
    outcome: str
    number: int


class Noticed(NamedTuple):
    """So many notices of one kind."""

    ground: Ground
    category: Category
    trusted: bool
    number: int


class Answered(NamedTuple):
    """So many comments that notices of one kind name, with what became of them."""

    ground: Ground
    category: Category
    trusted: bool
    outcome: str
    number: int


class Appealed(NamedTuple):
    """So many appeals. `against` is what was contested: a measure, or that a notice was not followed."""

    appellant: str
    against: str
    category: Category
    automation: str
    ruling: str
    same_person: bool
    number: int


class Measured(NamedTuple):
    kind: str
    number: int


class Ordered(NamedTuple):
    kind: str
    country: str
    number: int
    confirmed: int
    carried_out: int


class Median(NamedTuple):
    """The time in the middle, in seconds, of so many; None of none."""

    number: int
    seconds: int | None


@dataclass(frozen=True)
class Year:
    """What the records of a year count up to."""

    year: int
    restricted: list[Restricted] = field(default_factory=list)
    noticed: list[Noticed] = field(default_factory=list)
    answered: list[Answered] = field(default_factory=list)
    appealed: list[Appealed] = field(default_factory=list)
    measured: list[Measured] = field(default_factory=list)
    ordered: list[Ordered] = field(default_factory=list)
    by_month: dict[int, int] = field(default_factory=dict)
    medians: dict[str, Median] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        return not (self.restricted or self.noticed or self.appealed or self.measured or self.ordered)
