"""What is found in a text alone, whoever sent it: looked for once, before a transaction begins."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from agora.rules import expressions, languages, personal, shouting
from agora.rules.errors import Message
from agora.rules.expressions import Expression, Sought
from agora.rules.personal import Particular
from agora.rules.reasons import SEVERAL_WARNINGS, WARNINGS
from agora.rules.site_rules import Effect, SiteRules


@dataclass(frozen=True)
class Findings:
    """What the checks look at of a text."""

    held_words: tuple[str, ...] = ()
    blocked_words: tuple[str, ...] = ()
    slow: Expression | None = None  # an expression that could not be looked for in time
    particulars: tuple[Particular, ...] = ()
    language: str = ""  # one that is not expected
    capitals: int = 0  # percent
    row: int = 0  # of the same sign

    @property
    def kinds(self) -> Counter[str]:
        return Counter(particular.kind.value for particular in self.particulars)

    @property
    def warning(self) -> Message | None:
        """What its writer is asked before such a text is sent."""
        if not self.particulars:
            return None
        kinds = {particular.kind for particular in self.particulars}
        sentence = WARNINGS[kinds.pop()] if len(kinds) == 1 else SEVERAL_WARNINGS
        passages = ", ".join(particular.passage for particular in self.particulars)
        return Message(sentence, {"passages": passages})


def look_at(text: str, rules: SiteRules) -> Findings:
    """Takes as long as the rules ask for: a tenth of a second for expressions, milliseconds for the rest."""
    blocked = rules.blocked.words_in(text)
    held = rules.held.words_in(text)
    sought = expressions.seek((*rules.blocked.expressions, *rules.held.expressions), text)
    is_loud = rules.shouting is not Effect.OFF
    return Findings(
        held_words=(*held, *_entries(sought, rules.held.expressions)),
        blocked_words=(*blocked, *_entries(sought, rules.blocked.expressions)),
        slow=next(iter((*sought.slow, *sought.left)), None),
        particulars=_particulars(text, rules),
        language=_language(text, rules),
        capitals=shouting.percent_of_capitals(text) if is_loud else 0,
        row=shouting.longest_row(text) if is_loud else 0,
    )


def _entries(sought: Sought, listed: Sequence[Expression]) -> list[str]:
    # By identity: the same expression may stand in both lists.
    return [expression.entry for expression in listed if any(expression is found for found in sought.found)]


def _particulars(text: str, rules: SiteRules) -> tuple[Particular, ...]:
    watched = {kind for kind in personal.Kind if getattr(rules, kind) is not Effect.OFF}
    if not watched:
        return ()
    return tuple(particular for particular in personal.particulars(text) if particular.kind in watched)


def _language(text: str, rules: SiteRules) -> str:
    if rules.language is Effect.OFF:
        return ""
    return languages.unexpected(text, rules.languages)
