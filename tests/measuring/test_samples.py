"""Which runs make a figure, and why others do not."""

from collections.abc import Iterator
from itertools import chain, repeat

import pytest
from bench.samples import PATIENCE, RUNS, Series, in_turn
from bench.stillness import Sample

EVEN = (100.0, 101.0, 99.0, 100.0, 102.0)
DISTURBED = "other programs took 40% of the processors"


def series(values: tuple[float, ...], *, disturbed: int = 0, rough: bool = False) -> Series:
    clean = [Sample({"rate": value}) for value in values]
    return Series([*clean, *(Sample({"rate": 1.0}, DISTURBED) for _ in range(disturbed))], rough=rough)


class Watch:
    """Says of each run what it was told to."""

    rough = False

    def __init__(self, disturbances: Iterator[str]) -> None:
        self.disturbances = disturbances

    def measure(self, work: object) -> Sample:
        return Sample({"rate": 100.0}, next(self.disturbances))


def runs_of(*disturbances: str, then: str = "") -> Series:
    watch = Watch(chain(disturbances, repeat(then)))
    return in_turn(watch, {"page": lambda _: {"rate": 100.0}}, 1.0)["page"]  # type: ignore[arg-type]


def test_figure_is_the_median_of_undisturbed_runs() -> None:
    assert series(EVEN, disturbed=3).figure("rate").number == 100.0


def test_too_few_undisturbed_runs_are_refused() -> None:
    figure = series(EVEN[:-1], disturbed=3).figure("rate")
    assert figure.number is None
    assert figure.refused == f"4 of 7 runs undisturbed, 5 needed: {DISTURBED}"


def test_uneven_runs_are_refused() -> None:
    figure = series((100.0, 150.0, 60.0, 100.0, 140.0)).figure("rate")
    assert figure.number is None
    assert "differs by 40%" in figure.refused


def test_errors_among_the_answers_are_refused() -> None:
    found = Series([Sample({"rate": 100.0, "wrong": 1.0}) for _ in range(RUNS)])
    assert found.figure("rate").refused == "5 answers were errors"


def test_rough_figure_is_marked() -> None:
    figure = series(EVEN[:-1], disturbed=3, rough=True).figure("rate")
    assert (figure.number, figure.rough) == (99.0, True)


def test_disturbed_runs_are_made_again() -> None:
    found = runs_of(DISTURBED, "", DISTURBED)
    assert len(found.samples) == RUNS + 2
    assert found.figure("rate").number == 100.0


@pytest.mark.parametrize(
    ("first", "runs"), [("", RUNS + PATIENCE), (DISTURBED, RUNS)], ids=["one undisturbed", "none undisturbed"]
)
def test_a_noisy_machine_is_given_up(first: str, runs: int) -> None:
    found = runs_of(first, then=DISTURBED)
    assert len(found.samples) == runs
    assert found.figure("rate").number is None
