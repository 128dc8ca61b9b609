"""How loud a text is: the share of capitals among its letters, and the longest row of one sign."""

import re

from agora.rules.links import without_links

# A text with fewer letters, or words, may be an acronym or a name.
FEWEST_LETTERS = 20
FEWEST_WORDS = 4

# Marks of calling and asking together, the same sign or the same letter; not what draws lines and lists in Markdown.
_ROWS = re.compile(r"[!?¡¿！？‼⁇⁉]{3,}|([^\s\d#*=_~`|>+.,:;/\\()\[\]{}«»\"'’<-])\1{2,}")
# Most letters are small and plain: they are counted in rows.
_SMALL = re.compile(r"[a-z]+")


def percent_of_capitals(text: str) -> int:
    """Of the letters that can be capitals, links left out; 0 for a short text."""
    spoken = without_links(text, "")
    rest = _SMALL.sub("", spoken)
    capitals, others = sum(map(str.isupper, rest)), sum(map(str.islower, rest)) + len(spoken) - len(rest)
    if capitals + others < FEWEST_LETTERS or len(spoken.split()) < FEWEST_WORDS:
        return 0
    return round(100 * capitals / (capitals + others))


def longest_row(text: str) -> int:
    """How often the same sign or letter stands in a row, where that is three times or more."""
    return max((len(row[0]) for row in _ROWS.finditer(without_links(text, ""))), default=0)
