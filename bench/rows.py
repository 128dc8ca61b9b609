"""What the table says: a figure, what it is measured against, and what was wanted."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from bench.rounds import SPREAD, Figure, Rounds


@dataclass(frozen=True)
class Wanted:
    """What must be reached: by the figure, or by its ratio to the reference."""

    bound: float
    at_most: bool = False
    of_ratio: bool = False

    def is_met_by(self, number: float) -> bool:
        return number <= self.bound if self.at_most else number >= self.bound


def ratio_of_at_least(bound: float) -> Wanted:
    return Wanted(bound, of_ratio=True)


def ratio_of_at_most(bound: float) -> Wanted:
    return Wanted(bound, at_most=True, of_ratio=True)


def at_most(bound: float) -> Wanted:
    return Wanted(bound, at_most=True)


@dataclass(frozen=True)
class Row:
    name: str
    figure: Figure
    unit: str
    against: str = ""
    reference: Figure | None = None
    ratio: Figure | None = None
    wanted: Wanted | None = None

    @property
    def is_reached(self) -> bool | None:
        """None where nothing was wanted, where there is no figure to judge, or where a ratio lies on both sides."""
        if self.wanted is None:
            return None
        judged = self.ratio if self.wanted.of_ratio else self.figure
        if judged is None or judged.number is None:
            return None
        ends = (judged.low, judged.high) if self.wanted.of_ratio else (judged.number,)
        met = {self.wanted.is_met_by(end) for end in ends}
        return met.pop() if len(met) == 1 else None

    @property
    def refusals(self) -> list[str]:
        """Why there is no figure, nothing to compare it with, or no ratio; each reason once."""
        judged = {self.name: self.figure, f"{self.name}, {self.against}": self.reference}
        reasons: dict[str, str] = {}
        for name, figure in (judged | {f"{self.name}, ratio": self.ratio}).items():
            if figure and figure.refused:
                reasons.setdefault(figure.refused, name)
        return [f"{name}: {reason}" for reason, name in reasons.items()]


def compared(
    name: str,
    rounds: Rounds,
    ours: str,
    key: str,
    unit: str,
    *,
    against: str,
    theirs: str,
    wanted: Wanted | None = None,
    spread: float = SPREAD,
) -> Row:
    """One contestant beside another of the same rounds; the ratio is that of each round."""
    return Row(
        name,
        rounds.figure(ours, key, spread=spread),
        unit,
        against,
        rounds.figure(theirs, key, spread=spread),
        rounds.ratio(ours, theirs, key, spread=spread),
        wanted,
    )


@dataclass(frozen=True)
class Section:
    """What was measured together; `notes` say with which programs."""

    title: str
    rows: list[Row]
    notes: dict[str, str] = field(default_factory=dict)
    measured: str = field(default_factory=lambda: datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"))
