"""Rounds in which the contestants of one comparison run right after each other, and what may be said of them."""

import math
import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from tqdm import tqdm

from bench.stillness import Round, Watch

# Takes the seconds that it may last, and gives what it found.
Work = Callable[[float], Mapping[str, float]]
# The contestants of one comparison, by their names.
Contest = Mapping[str, Work]

NEEDED = 9  # undisturbed rounds, for a figure
QUICKEST = 5  # of them, for one that has no reference
# How sure it is that the true median lies between `low` and `high` of a ratio.
SURE = 0.95
# Seconds before the rounds that count: connections, caches and branches are warm, as in a server that has run a while.
WARMING = 1.0
# By this share of the median, up and down, may the ends of the interval differ in which a figure lies.
SPREAD = 0.20


@dataclass(frozen=True)
class Length:
    """Of one run in seconds; how many undisturbed rounds are wanted, and how many may be made for that."""

    seconds: float
    wanted: int
    most: int


@dataclass(frozen=True)
class Figure:
    """One number, or why there is none; `runs` are those of the undisturbed rounds (of all, where it is `rough`).

    `low` and `high` enclose the median of a ratio with 95 % certainty, and all runs of what is no ratio. `pace` is in
    seconds for the loop, 0 where the processor's pace says nothing of it.
    """

    number: float | None
    refused: str = ""
    low: float = 0.0
    high: float = 0.0
    pace: float = 0.0
    rough: bool = False  # of disturbed rounds, told because it was asked for
    runs: tuple[float, ...] = ()


@dataclass
class Rounds:
    """Those of one comparison. `rough` tells figures of disturbed ones too."""

    length: Length
    rough: bool = False
    made: list[Round] = field(default_factory=list)

    @property
    def clean(self) -> list[Round]:
        return [each for each in self.made if not each.disturbance]

    @property
    def wants_more(self) -> bool:
        """Not enough undisturbed ones yet, and patience left."""
        if self.rough:
            return len(self.made) < NEEDED
        return len(self.clean) < self.length.wanted and len(self.made) < self.length.most

    def figure(self, name: str, key: str, *, spread: float = SPREAD) -> Figure:
        """A number of one contestant, the median of the five undisturbed rounds at the quickest pace.

        They are chosen by the pace of the processor, never by what was measured.
        """
        if refused := self._refused([name]):
            return refused
        quickest = sorted(self._judged, key=lambda each: each.pace)[:QUICKEST]
        values = [each.runs[name][key] for each in quickest]
        every = [each.runs[name][key] for each in self._judged]
        low, _, high = statistics.quantiles(values, n=4, method="inclusive")
        found = self._told(values, low, high, statistics.median([each.pace for each in quickest]), spread)
        return replace(found, low=min(every), high=max(every), runs=tuple(every))

    def ratio(self, name: str, reference: str, key: str, *, spread: float = SPREAD) -> Figure:
        """Of two contestants: the median of what each undisturbed round gave by itself."""
        if refused := self._refused([name, reference]):
            return refused
        if not all(each.runs[reference][key] for each in self._judged):
            return Figure(None, f"{reference} did nothing in some rounds")
        ratios = [each.runs[name][key] / each.runs[reference][key] for each in self._judged]
        return self._told(ratios, *interval(ratios), statistics.median([each.pace for each in self._judged]), spread)

    @property
    def _judged(self) -> list[Round]:
        return self.made if self.rough and self._too_few() else self.clean

    def _refused(self, names: Iterable[str]) -> Figure | None:
        """Where nothing can be told, however it would look. Of all rounds: a disturbance excuses no error."""
        if wrong := sum(each.runs.get(name, {}).get("wrong", 0) for each in self.made for name in names):
            return Figure(None, f"{wrong:.0f} answers were errors")
        few = self._too_few()
        return Figure(None, few) if few and not self.rough else None

    def _told(self, values: Sequence[float], low: float, high: float, pace: float, spread: float) -> Figure:
        middle = statistics.median(values)
        reason = self._too_few() or _uneven(low, middle, high, spread)
        told = middle if not reason or self.rough else None
        return Figure(told, reason, low, high, pace, bool(reason) and self.rough, tuple(values))

    def _too_few(self) -> str:
        if len(self.clean) >= NEEDED:
            return ""
        reasons = Counter(each.disturbance for each in self.made if each.disturbance)
        often = reasons.most_common(1)[0][0] if reasons else "no more were made"
        return f"{len(self.clean)} of {len(self.made)} rounds undisturbed, {NEEDED} needed: {often}"


def _uneven(low: float, middle: float, high: float, spread: float) -> str:
    found = (high - low) / 2 / middle if middle else 0.0
    return f"its rounds leave it open by {found:.0%} up or down" if found > spread else ""


def interval(values: Sequence[float]) -> tuple[float, float]:
    """Between which two of the values the true median lies, whatever their distribution, as sure as SURE.

    Each value is below that median with a chance of one half, so how many are is binomial; a median of few values lies
    anywhere between all of them.
    """
    ordered, left_out, chance = sorted(values), 0, 0.0
    while 2 * (chance := chance + math.comb(len(ordered), left_out) / 2 ** len(ordered)) <= 1 - SURE:
        left_out += 1
    first = max(0, left_out - 1)
    return ordered[first], ordered[-1 - first]


def in_turn(watch: Watch, contests: Mapping[str, Contest], length: Length) -> dict[str, Rounds]:
    """Make rounds of each comparison until it has enough undisturbed ones; one of each, and again from the first."""
    found = {name: Rounds(length, watch.rough) for name in contests}
    for contest in contests.values():
        for work in contest.values():
            work(min(WARMING, length.seconds))
    total = len(contests) * (NEEDED if watch.rough else length.wanted)
    with tqdm(total=total, ncols=80, unit=" rounds", leave=False, disable=None) as progress:
        while wanting := [name for name, rounds in found.items() if rounds.wants_more]:
            for name in wanting:
                made = found[name].made
                made.append(watch.round(_lined_up(contests[name], length.seconds, backwards=len(made) % 2 == 1)))
                progress.update(watch.rough or not made[-1].disturbance)
                progress.set_postfix_str(
                    f"{sum(len(each.made) - len(each.clean) for each in found.values())} disturbed"
                )
    for name, rounds in found.items():
        print(f"  {name}: {len(rounds.clean)} of {len(rounds.made)} rounds undisturbed", flush=True)
    return found


def _lined_up(
    contest: Contest, seconds: float, *, backwards: bool
) -> Sequence[tuple[str, Callable[[], Mapping[str, float]]]]:
    """Each second round backwards, so that who comes later has no lasting advantage."""
    works = [(name, partial(work, seconds)) for name, work in contest.items()]
    return works[::-1] if backwards else works
