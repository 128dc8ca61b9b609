"""Regular expressions that administrators write, run so that none of them can hold up the site."""

import time
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import regex

from agora.rules.errors import N_, Message

# Seconds of the processor, as the library counts them: a machine that is busy otherwise makes no comment wait for a
# moderator. All expressions share the budget of a text.
BUDGET = 0.1
# So long an expression keeps the interpreter to itself; then it goes on beside the others, which costs it more.
QUICK = 0.003
# Characters.
LONGEST = 300

# What people vary in writing is the same to an expression: fancy letters, invisible ones, case (but not accents).
_UNSEEN = dict.fromkeys((0xAD, 0x180E, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2065), 0xFEFF))
_FLAGS = regex.IGNORECASE | regex.VERSION0


@dataclass(frozen=True)
class Expression:
    """One entry of a list: the line on which it stands, and what stands between its slashes."""

    line: int
    source: str

    @property
    def entry(self) -> str:
        return f"/{self.source}/"

    @cached_property
    def compiled(self) -> "regex.Pattern[str]":
        return regex.compile(self.source, _FLAGS)


@dataclass(frozen=True)
class Sought:
    """Which expressions were found, which took too long, and which had no time left to be looked for."""

    found: tuple[Expression, ...] = ()
    slow: tuple[Expression, ...] = ()
    left: tuple[Expression, ...] = ()


def is_expression(entry: str) -> bool:
    return len(entry) > 2 and entry.startswith("/") and entry.endswith("/")


def fault_of(entry: str) -> Message | None:
    """What is wrong with an entry between slashes, and where."""
    source = entry[1:-1]
    if len(source) > LONGEST:
        return Message(N_("An expression has at most %(limit)s characters."), {"limit": LONGEST})
    try:
        regex.compile(source, _FLAGS)
    except regex.error as error:
        place = 2 + (error.pos or 0)  # from 1 on, and after the first slash
        return Message(
            N_("The expression %(entry)s cannot be read at character %(place)s: %(fault)s."),
            {"entry": entry, "place": place, "fault": error.msg},
        )
    except (OverflowError, MemoryError, RecursionError):
        return Message(N_("The expression %(entry)s is too large."), {"entry": entry})
    return None


def seek(expressions: Sequence[Expression], text: str, *, budget: float = BUDGET) -> Sought:
    """Look for each in the text. Takes no longer than `budget` seconds, whatever the expressions and the text are."""
    if not expressions:
        return Sought()
    plain = unicodedata.normalize("NFKC", text).translate(_UNSEEN)
    watch = _Stopwatch(budget)
    found, slow, left = [], [], []
    for expression in expressions:
        if watch.left <= 0:
            left.append(expression)
        elif (is_there := _search(expression, plain, watch)) is None:
            slow.append(expression)
        elif is_there:
            found.append(expression)
    return Sought(tuple(found), tuple(slow), tuple(left))


class _Stopwatch:
    """What is left of a budget; no clock, as it knows nothing of the hour."""

    def __init__(self, budget: float) -> None:
        self._ends = time.process_time() + budget

    @property
    def left(self) -> float:
        return self._ends - time.process_time()


def _search(expression: Expression, text: str, watch: _Stopwatch) -> bool | None:
    """Whether it is there; None if that took too long."""
    for patience, beside_others in ((QUICK, False), (BUDGET, True)):
        try:
            seconds = max(min(patience, watch.left), 0.0001)
            return expression.compiled.search(text, timeout=seconds, concurrent=beside_others) is not None
        except TimeoutError:
            continue
    return None


def expressions_in(entries: Iterable[str]) -> tuple[Expression, ...]:
    """The entries of a list that stand between slashes and can be read: the desk refuses others, a file does not."""
    return tuple(
        Expression(line, entry[1:-1])
        for line, entry in enumerate(entries, 1)
        if is_expression(entry) and fault_of(entry) is None
    )
