"""Lists of watched words: words and rows of words in every disguise, and regular expressions."""

from collections.abc import Iterator
from dataclasses import dataclass

from agora.rules import expressions, folding
from agora.rules.errors import N_, Message
from agora.rules.expressions import Expression

# Entries of one list, expressions among them, and characters of one entry.
MOST_ENTRIES = 2_000
MOST_EXPRESSIONS = 50
LONGEST_ENTRY = 100


@dataclass(frozen=True)
class WordList:
    """A list made ready to be looked for. Each row of folded words leads to the entry as it was written."""

    entries: tuple[str, ...]
    rows: dict[str, str]
    lengths: tuple[int, ...]  # in words
    expressions: tuple[Expression, ...]

    def words_in(self, text: str) -> list[str]:
        """The entries that stand in the text as whole words, in the order of the list; `text` as it was written."""
        if not self.rows:
            return []
        found = {entry for spoken in folding.readings(text) for entry in self._found_in(spoken.split(" "))}
        return [entry for entry in self.entries if entry in found]

    def _found_in(self, spoken: list[str]) -> Iterator[str]:
        for length in self.lengths:
            for start in range(len(spoken) - length + 1):
                entry = self.rows.get(" ".join(spoken[start : start + length]))
                if entry is not None:
                    yield entry


def word_list(entries: tuple[str, ...]) -> WordList:
    sought = expressions.expressions_in(entries)
    words = [entry for line, entry in enumerate(entries, 1) if line not in {one.line for one in sought}]
    rows = {row: entry for entry in reversed(words) if (row := folding.readings(entry)[0])}
    lengths = tuple(sorted({row.count(" ") + 1 for row in rows}))
    return WordList(tuple(dict.fromkeys(entries)), rows, lengths, sought)


def entries_of(text: str) -> tuple[str, ...]:
    """One entry a line; empty lines count for nothing."""
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def fault_of(entries: tuple[str, ...]) -> Message | None:
    """The first thing that is wrong with a list, and on which line."""
    if len(entries) > MOST_ENTRIES:
        return Message(N_("A list has at most %(limit)s entries."), {"limit": MOST_ENTRIES})
    if sum(map(expressions.is_expression, entries)) > MOST_EXPRESSIONS:
        return Message(N_("A list has at most %(limit)s expressions."), {"limit": MOST_EXPRESSIONS})
    for entry in entries:
        if fault := _fault_of_entry(entry):
            return fault
    return None


def _fault_of_entry(entry: str) -> Message | None:
    if expressions.is_expression(entry):
        return expressions.fault_of(entry)
    if len(entry) > LONGEST_ENTRY:
        return Message(N_("“%(entry)s…” is too long for an entry."), {"entry": entry[:30]})
    if not folding.readings(entry)[0]:
        return Message(N_("“%(entry)s” has no letters or digits."), {"entry": entry})
    return None
