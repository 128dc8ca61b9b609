"""What the table says: a figure, what it is measured against, and what was wanted."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from bench.samples import Figure


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
    wanted: Wanted | None = None

    @property
    def ratio(self) -> float | None:
        if self.reference is None or self.figure.number is None or not self.reference.number:
            return None
        return self.figure.number / self.reference.number

    @property
    def is_reached(self) -> bool | None:
        """None where nothing was wanted, or where there is no figure to judge."""
        if self.wanted is None:
            return None
        judged = self.ratio if self.wanted.of_ratio else self.figure.number
        return None if judged is None else self.wanted.is_met_by(judged)

    @property
    def refusals(self) -> list[str]:
        """Why there is no figure, or nothing to compare it with."""
        found = [f"{self.name}: {self.figure.refused}"] if self.figure.refused else []
        if self.reference and self.reference.refused:
            found.append(f"{self.against} ({self.name}): {self.reference.refused}")
        return found


@dataclass(frozen=True)
class Section:
    """What was measured together; `notes` say with which programs."""

    title: str
    rows: list[Row]
    notes: dict[str, str] = field(default_factory=dict)
    measured: str = field(default_factory=lambda: datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"))
