"""What a search looks for: words without accents, case and endings, the same on every database. And where they are."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

LONGEST_QUERY = 200  # characters
MOST_TERMS = 8
# Different words of one text that are remembered, and characters of one word.
MOST_WORDS, LONGEST_WORD = 20_000, 60
EXCERPT = 240  # characters
BEFORE_MATCH = 60
# A shorter word must be met whole, and so short is what remains of a word without its ending.
SHORTEST_STEM = 4

# Without signs that Python takes for letters and SQLite for ends of words: vowels of New Tai Lue, and Vedic marks.
_WORD = re.compile(r"[^\W_\u19b0-\u19c9\u1cf2\u1cf3]+")
_TWO_LETTERS = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "đ": "d", "ł": "l"})
# In nearly every text, so that they tell nothing.
_FRENCH = (
    "au aux ce d dans de des du elle en est et il j je l la le les m n ne nous on ou par pas pour qu que qui"
    " s sa se ses son sur t un une vous y"
)
_ENGLISH = "a and are as at by for from in is it of on or the to with you"
_EVERYWHERE = frozenset(f"{_FRENCH} {_ENGLISH}".split())


@dataclass(frozen=True)
class Term:
    """A word to look for, or its beginning."""

    text: str
    is_whole: bool

    def meets(self, word: str) -> bool:
        return word == self.text if self.is_whole else word.startswith(self.text)


@dataclass(frozen=True)
class Piece:
    """A part of a text, and whether it is what was looked for."""

    text: str
    is_match: bool = False


def words(text: str) -> list[str]:
    """The different words of a text as they are remembered, at most MOST_WORDS of them."""
    found: dict[str, None] = {}
    for match in _WORD.finditer(_folded(text)):
        found[match[0][:LONGEST_WORD]] = None
        if len(found) == MOST_WORDS:
            break
    return list(found)


def terms(query: str) -> list[Term]:
    """What to look for; all of it must be in a text. Empty if the query says nothing."""
    said = words(query[:LONGEST_QUERY])
    telling = [word for word in said if word not in _EVERYWHERE] or said
    return list(dict.fromkeys(map(_term, telling)))[:MOST_TERMS]


def _term(word: str) -> Term:
    """`jardins` and `cultivées` become the beginnings that `jardin` and `cultiver` share with them."""
    if len(word) < SHORTEST_STEM or word.isdigit():
        return Term(word, is_whole=True)
    stem = word.rstrip("sx")
    if len(stem) > SHORTEST_STEM + 1:
        stem = stem.rstrip("e")
    return Term(stem if len(stem) >= SHORTEST_STEM else word, is_whole=False)


def _folded(text: str) -> str:
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", text.lower().translate(_TWO_LETTERS))
    return "".join(sign for sign in plain if not unicodedata.combining(sign))


def marked(text: str, wanted: Iterable[Term]) -> list[Piece]:
    """The whole text, in pieces."""
    text = unicodedata.normalize("NFC", text)
    return list(_pieces(text, _matches(text, tuple(wanted))))


def excerpt(text: str, wanted: Iterable[Term]) -> list[Piece]:
    """The part of a text in which most of what was looked for stands; its beginning if nothing does."""
    text, wanted = " ".join(unicodedata.normalize("NFC", text).split()), tuple(wanted)
    begin = _best_begin(_matches(text, wanted))
    part = text[begin : begin + EXCERPT]
    if begin + EXCERPT < len(text):
        part = part.rpartition(" ")[0] or part
    if begin:
        part = part.partition(" ")[2] or part
    pieces = list(_pieces(part, _matches(part, wanted)))
    cut_before, cut_after = begin > 0, begin + EXCERPT < len(text)
    return [*([Piece("… ")] if cut_before else []), *pieces, *([Piece(" …")] if cut_after else [])]


Match = tuple[int, int, Term]


def _matches(text: str, wanted: tuple[Term, ...]) -> list[Match]:
    found = []
    for match in _WORD.finditer(text):
        word = _folded(match[0])
        term = next((term for term in wanted if term.meets(word)), None)
        if term:
            found.append((match.start(), match.end(), term))
    return found


def _best_begin(matches: list[Match]) -> int:
    """Where an excerpt begins: at the first place after which the most terms are near."""

    def near(begin: int) -> int:
        return len({term for start, end, term in matches if begin <= start and end <= begin + EXCERPT - BEFORE_MATCH})

    candidates = [start for start, _, _ in matches[:100]]
    best = max(candidates, key=near, default=0)
    return max(0, best - BEFORE_MATCH) if best > BEFORE_MATCH else 0


def _pieces(text: str, matches: list[Match]) -> Iterator[Piece]:
    at = 0
    for start, end, _ in matches:
        if start > at:
            yield Piece(text[at:start])
        yield Piece(text[start:end], is_match=True)
        at = end
    if at < len(text):
        yield Piece(text[at:])
