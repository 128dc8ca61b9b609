"""The transparency report as a page: figures first, then each table with its bars."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from agora.rules import transparency
from agora.rules.counted import Median, Year
from agora.rules.errors import N_
from agora.rules.log_lines import ORDERS
from agora.rules.measures import MEASURE_NAMES, STATED_AS
from agora.rules.statements import CATEGORY_NAMES, Automation, Ground
from agora.store.appeals import Ruling
from agora.store.reports import Outcome


@dataclass(frozen=True)
class Bar:
    """A row of a table with its bar: `percent` of the longest one."""

    name: str
    number: int
    percent: int


@dataclass(frozen=True)
class Chart:
    """A table whose rows have bars."""

    id: str
    title: str
    what: str  # the heading of the names
    bars: list[Bar]


@dataclass(frozen=True)
class Figure:
    """A number with what it counts; `text` stands in its place where it is no number."""

    name: str
    number: int | None = None
    span: timedelta | None = None
    percent: int | None = None


@dataclass(frozen=True)
class Month:
    """A column of the chart of a year; its measures are those of the drawing."""

    number: int
    count: int
    x: int
    y: int
    height: int


GROUND_NAMES = {Ground.LAW: N_("Against the law"), Ground.CHARTER: N_("Against the charter")}
MEASURES = {
    "not-published": N_("Not published"),
    "hidden": N_("Hidden"),
    "hidden-until-read": N_("Hidden until it is read"),
    **{STATED_AS[kind]: name for kind, name in MEASURE_NAMES.items()},
}
DECIDERS = {
    Automation.NOT: N_("A person"),
    Automation.PARTIALLY: N_("A person, on the proposal of a program"),
    Automation.FULLY: N_("A program alone"),
}
OUTCOMES = {
    Outcome.OPEN: N_("Waiting"),
    Outcome.UPHELD: N_("Something was done"),
    Outcome.DISMISSED: N_("The comment stays"),
    Outcome.MOOT: N_("The comment was gone"),
}
RULINGS = {
    Ruling.OPEN: N_("Waiting"),
    Ruling.GRANTED: N_("Granted"),
    Ruling.REFUSED: N_("Refused"),
    Ruling.MOOT: N_("Nothing left to decide"),
}


def figures(year: Year) -> list[Figure]:
    """What one wants to know first."""
    restricted = sum(each.number for each in year.restricted)
    alone = sum(each.number for each in year.restricted if each.automation is Automation.FULLY)
    ruled = [each for each in year.appealed if each.ruling in {Ruling.GRANTED, Ruling.REFUSED}]
    granted = sum(each.number for each in ruled if each.ruling == Ruling.GRANTED)
    return [
        Figure(N_("Restrictions"), restricted),
        Figure(N_("of these by a program alone"), percent=_percent(alone, restricted)),
        Figure(N_("Reports"), sum(each.number for each in year.noticed)),
        Figure(N_("from a report to its answer (median)"), span=_span(year.medians.get("notice"))),
        Figure(N_("Appeals"), sum(each.number for each in year.appealed)),
        Figure(N_("of those decided were granted"), percent=_percent(granted, sum(each.number for each in ruled))),
        Figure(N_("from an appeal to its answer (median)"), span=_span(year.medians.get("appeal"))),
        Figure(N_("Orders of authorities"), sum(each.number for each in year.ordered)),
    ]


def _percent(part: int, whole: int) -> int | None:
    return round(100 * part / whole) if whole else None


def _span(median: Median | None) -> timedelta | None:
    return timedelta(seconds=median.seconds) if median and median.seconds is not None else None


def charts(year: Year) -> list[Chart]:
    """The tables of the page."""
    count = transparency.count_by
    granted = [each for each in year.appealed if each.ruling == Ruling.GRANTED]
    return [
        _chart("measures", N_("What was done"), N_("Measure"), count(year.restricted, "measure"), MEASURES),
        _chart("grounds", N_("On what it rests"), N_("Ground"), count(year.restricted, "ground"), GROUND_NAMES),
        _chart("categories", N_("About what"), N_("Category"), count(year.restricted, "category"), CATEGORY_NAMES),
        _chart("deciders", N_("Who decided"), N_("Who"), count(year.restricted, "automation"), DECIDERS),
        _chart("reports", N_("What became of reports"), N_("Outcome"), count(year.answered, "outcome"), OUTCOMES),
        _chart("appeals", N_("What became of appeals"), N_("Answer"), count(year.appealed, "ruling"), RULINGS),
        _chart("reversals", N_("Decisions reversed"), N_("Category"), count(granted, "category"), CATEGORY_NAMES),
        _chart("people", N_("Measures against people"), N_("Measure"), count(year.measured, "kind"), MEASURES),
        _chart("orders", N_("Orders of authorities"), N_("Order"), count(year.ordered, "kind"), ORDERS),
    ]


def _chart(id_: str, title: str, what: str, counted: list[tuple[str, int]], names: Mapping[Any, str]) -> Chart:
    longest = max((number for _, number in counted), default=0)
    bars = [Bar(names.get(word, word), number, round(100 * number / longest)) for word, number in counted]
    return Chart(id_, title, what, bars)


# The drawing of a year: twelve columns, in units of its own.
HIGH, WIDE, GAP, BASE = 104, 22, 8, 130


def months(year: Year) -> list[Month]:
    """The restrictions of each month, as columns."""
    most = max(year.by_month.values(), default=0)
    columns = []
    for number in range(1, 13):
        count = year.by_month.get(number, 0)
        height = max(1, round(HIGH * count / most)) if count else 0
        columns.append(Month(number, count, GAP + (number - 1) * (WIDE + GAP), BASE - height, height))
    return columns
