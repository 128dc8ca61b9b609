"""Several runs of the same work, those of all contestants in turn; what may be said of them."""

import statistics
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from bench.stillness import Sample, Watch

# Takes the seconds that it may last, and gives what it found.
Work = Callable[[float], Mapping[str, float]]

# How many undisturbed runs a figure rests on, and how many disturbed ones are made again before we give up.
RUNS, PATIENCE = 5, 3
# Seconds before the runs that count: connections, caches and branches are warm, as in a server that has run a while.
WARMING = 1.0
# The middle half of the runs may differ by this share of their median.
SPREAD = 0.10


@dataclass(frozen=True)
class Figure:
    """One number, or why there is none; `runs` are what it rests on, or would."""

    number: float | None
    refused: str = ""
    spread: float = 0.0
    rough: bool = False  # of a disturbed run, told because it was asked for
    runs: tuple[float, ...] = ()


@dataclass
class Series:
    """`rough` tells figures of disturbed runs too."""

    samples: list[Sample] = field(default_factory=list)
    rough: bool = False

    @property
    def clean(self) -> list[Sample]:
        return [sample for sample in self.samples if not sample.disturbance]

    @property
    def wants_more(self) -> bool:
        """Not enough undisturbed runs yet, and not without hope."""
        if self.rough:
            return len(self.samples) < RUNS
        enough, hopeless = len(self.clean) >= RUNS, len(self.samples) >= RUNS and not self.clean
        return not enough and not hopeless

    def figure(self, key: str, *, spread: float = SPREAD) -> Figure:
        """The median of one value; refused if answers were wrong, too few runs undisturbed, or these too different."""
        if wrong := sum(sample.values.get("wrong", 0) for sample in self.samples):
            return Figure(None, f"{wrong:.0f} answers were errors")
        values = [sample.values[key] for sample in self.clean]
        if len(values) < RUNS:
            return self._doubtful(key, self._too_few(len(values)))
        quarter, middle, three_quarters = statistics.quantiles(values, n=4, method="inclusive")
        found = (three_quarters - quarter) / middle if middle else 0.0
        if found > spread:
            return self._doubtful(key, f"the middle half of {len(values)} runs differs by {found:.0%}")
        return Figure(middle, spread=found, runs=tuple(values))

    def _doubtful(self, key: str, reason: str) -> Figure:
        runs = tuple(sample.values[key] for sample in self.samples)
        return Figure(statistics.median(runs) if self.rough else None, reason, rough=self.rough, runs=runs)

    def _too_few(self, found: int) -> str:
        reasons = Counter(sample.disturbance for sample in self.samples if sample.disturbance)
        often = reasons.most_common(1)[0][0] if reasons else "it was not run"
        return f"{found} of {len(self.samples)} runs undisturbed, {RUNS} needed: {often}"


def in_turn(watch: Watch, contestants: Mapping[str, Work], seconds: float) -> dict[str, Series]:
    """Run each until it has enough undisturbed runs, one after the other in each round."""
    found = {name: Series(rough=watch.rough) for name in contestants}
    for work in contestants.values():
        work(WARMING)
    for _ in range(RUNS + PATIENCE):
        for name, work in contestants.items():
            if found[name].wants_more:
                found[name].samples.append(watch.measure(partial(work, seconds)))
    return found
