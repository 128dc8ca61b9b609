"""Which rounds make a figure, and why others do not."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain, repeat

import pytest
from bench.rounds import NEEDED, Length, Rounds, in_turn, interval
from bench.stillness import Round

LENGTH = Length(seconds=1.0, wanted=10, most=14)
EVEN = (100.0, 101.0, 99.0, 100.0, 102.0, 100.0, 101.0, 99.0, 100.0)
DISTURBED = "other programs took 40% of the processors"


def made(ours: float, raw: float = 100.0, *, pace: float = 0.5, disturbance: str = "", wrong: int = 0) -> Round:
    return Round({"ours": {"rate": ours, "wrong": wrong}, "raw": {"rate": raw}}, pace, disturbance)


def rounds(*all_made: Round, rough: bool = False) -> Rounds:
    return Rounds(LENGTH, rough, list(all_made))


class Watch:
    """Says of each round what it was told to, and keeps in which order the contestants came."""

    rough = False

    def __init__(self, *disturbances: str, then: str = "") -> None:
        self.disturbances: Iterator[str] = chain(disturbances, repeat(then))
        self.orders: list[list[str]] = []

    def round(self, works: Iterable[tuple[str, Callable[[], Mapping[str, float]]]]) -> Round:
        runs = {name: work() for name, work in works}
        self.orders.append(list(runs))
        return Round(runs, 0.5, next(self.disturbances))


def contested(watch: Watch) -> Rounds:
    contest = {"ours": lambda _: {"rate": 90.0}, "raw": lambda _: {"rate": 100.0}}
    return in_turn(watch, {"page": contest}, LENGTH)["page"]  # type: ignore[arg-type]


def test_ratio_is_made_within_each_round() -> None:
    paces = (1.0, 1.7, 1.2, 1.0, 1.5) * 2
    found = rounds(*(made(90.0 / pace, 100.0 / pace, pace=pace) for pace in paces))
    assert found.ratio("ours", "raw", "rate").number == pytest.approx(0.9)


def test_uneven_ratios_are_refused() -> None:
    figure = rounds(*map(made, (100.0, 150.0, 60.0, 100.0, 180.0) * 3)).ratio("ours", "raw", "rate")
    assert figure.number is None
    assert "open by 25% up or down" in figure.refused


def test_few_odd_rounds_do_no_harm() -> None:
    """A machine that is slow now for one and now for the other, in a minority of the rounds."""
    figure = rounds(*map(made, (100.0, 150.0, 60.0, *[100.0, 99.0, 101.0] * 4))).ratio("ours", "raw", "rate")
    assert (figure.number, figure.low, figure.high) == (1.0, 0.99, 1.01)


@pytest.mark.parametrize(("count", "first"), [(5, 0), (6, 0), (9, 1), (15, 3), (25, 7)])
def test_interval_is_that_of_the_sign_test(count: int, first: int) -> None:
    """As tables of the binomial distribution have it."""
    assert interval(list(map(float, range(count)))) == (first, count - 1 - first)


def test_figure_rests_on_the_quickest_pace() -> None:
    slow = [made(1.0, pace=0.8), made(2.0, pace=0.9)]
    figure = rounds(*slow, *(made(value, pace=0.5) for value in EVEN)).figure("ours", "rate")
    assert (figure.number, figure.pace) == (100.0, 0.5)
    assert (figure.low, figure.high) == (1.0, 102.0)


def test_disturbed_rounds_make_no_figure() -> None:
    disturbed = [made(1.0, pace=0.1, disturbance=DISTURBED)] * 3
    assert rounds(*disturbed, *map(made, EVEN)).figure("ours", "rate").number == 100.0


def test_too_few_undisturbed_rounds_are_refused() -> None:
    figure = rounds(*map(made, EVEN[:-1]), *[made(1.0, disturbance=DISTURBED)] * 3).figure("ours", "rate")
    assert figure.number is None
    assert figure.refused == f"8 of 11 rounds undisturbed, 9 needed: {DISTURBED}"


def test_errors_among_the_answers_are_refused() -> None:
    found = rounds(*map(made, EVEN), made(100.0, disturbance=DISTURBED, wrong=5))
    assert found.figure("ours", "rate").refused == "5 answers were errors"
    assert found.ratio("ours", "raw", "rate").number is None


def test_rough_figure_is_marked() -> None:
    figure = rounds(*[made(99.0, disturbance=DISTURBED)] * NEEDED, rough=True).figure("ours", "rate")
    assert (figure.number, figure.rough) == (99.0, True)


def test_disturbed_rounds_are_made_again() -> None:
    found = contested(Watch(DISTURBED, "", DISTURBED))
    assert len(found.made) == LENGTH.wanted + 2
    assert found.ratio("ours", "raw", "rate").number == 0.9


def test_a_noisy_machine_is_given_up() -> None:
    found = contested(Watch(then=DISTURBED))
    assert len(found.made) == LENGTH.most
    assert found.ratio("ours", "raw", "rate").number is None


def test_each_second_round_goes_backwards() -> None:
    watch = Watch()
    contested(watch)
    assert watch.orders[:3] == [["ours", "raw"], ["raw", "ours"], ["ours", "raw"]]
