"""The same bench in two lengths: short in `make test`, long and with a table in `make faults`."""

from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import pytest

from .ledger import Outcome

DOCUMENT = Path(__file__).parents[2] / "docs" / "faults.md"
BEGIN, END = "<!-- outcome -->", "<!-- /outcome -->"
OUTCOMES: list[Outcome] = []
HEADINGS = ("scenario", "faults", "acknowledged", "lost", "twice", "other answers", "back after, median and worst")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="break things many times, and print what came of it")
    parser.addoption("--write", action="store_true", help=f"put that into {DOCUMENT.name}, too")


@pytest.fixture
def is_long(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--long", default=False))


@pytest.fixture
def rounds(is_long: bool) -> Callable[[int, int], range]:
    """`rounds(short, long)`: how often something is broken."""
    return lambda short, long: range(long if is_long else short)


@pytest.fixture
def outcome(request: pytest.FixtureRequest) -> Outcome:
    """A line of the table, under the first sentence of the test's docstring; it is printed however the test ends."""
    test = request.node.function
    kind = request.node.callspec.params.get("database_url", "") if hasattr(request.node, "callspec") else ""
    sentence = (test.__doc__ or test.__name__).partition(".")[0]
    return new_line(f"{sentence} ({kind})" if kind else sentence)


def new_line(scenario: str) -> Outcome:
    OUTCOMES.append(Outcome(scenario))
    return OUTCOMES[-1]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if not config.getoption("--long", default=False) or not OUTCOMES:
        return
    table = "\n".join(lines())
    terminalreporter.write_line(f"\n{table}")
    if config.getoption("--write"):
        before, _, rest = DOCUMENT.read_text(encoding="utf-8").partition(BEGIN)
        _, _, after = rest.partition(END)
        DOCUMENT.write_text(f"{before}{BEGIN}\n{table}\n{END}{after}", encoding="utf-8")


def lines() -> Iterator[str]:
    rows = [HEADINGS, ("---",) * len(HEADINGS), *map(cells, OUTCOMES)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    for row in rows:
        padded = [cell.ljust(width, cell[0] if cell == "---" else " ") for cell, width in zip(row, widths, strict=True)]
        yield f"| {' | '.join(padded)} |"


def cells(outcome: Outcome) -> tuple[str, ...]:
    answers = ", ".join(f"{count} × {status}" for status, count in sorted(outcome.answers.items())) or "–"
    back = outcome.back_after
    seconds = f"{median(back):.1f} s, {max(back):.1f} s" if back else "–"
    numbers = (len(back), outcome.acknowledged, outcome.lost, outcome.twice)
    return (outcome.scenario, *map(str, numbers), answers, seconds)
