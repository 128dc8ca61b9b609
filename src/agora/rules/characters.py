"""Which characters a text may hold, and the marks upon letters."""

import re
import unicodedata
from collections.abc import Iterable, Iterator

_BEYOND = 0x10000  # up to here, one look at a table says whether a character belongs to a class


def _ranges(codes: Iterable[int]) -> Iterator[str]:
    """The inside of a character class: these code points, in rows."""
    row: list[int] = []
    for code in (*codes, -1):
        if row and code != row[-1] + 1:
            yield f"{chr(row[0])}-{chr(row[-1])}"
            row = []
        row.append(code)


_MARK_CODES = [code for code in range(0x300, 0x1F000) if unicodedata.combining(chr(code))]
_MARKS = "".join(_ranges(code for code in _MARK_CODES if code < _BEYOND))
_MARKS_BEYOND = "".join(_ranges(code for code in _MARK_CODES if code >= _BEYOND))
_NEAR_MARKS_BEYOND = f"{_MARKS_BEYOND[0]}-{_MARKS_BEYOND[-1]}"

# Normalising takes quadratic time over a row of combining marks; no writing has as many as thirty (UAX 15, section 13).
_TOO_MANY_MARKS = re.compile(f"([{_MARKS}{_MARKS_BEYOND}]{{30}})[{_MARKS}{_MARKS_BEYOND}]+")
# No row without one of these. The long class above takes twenty times as long to look for.
_A_ROW = re.compile(f"[{_MARKS}][{_MARKS}]{{30}}")
_A_MARK_BEYOND = re.compile(f"[{_NEAR_MARKS_BEYOND}]")

# NUL is refused by PostgreSQL; control characters, lone surrogates and noncharacters by XML or HTML.
_REFUSED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_PLANES = range(0x1FFFE, 0x110000, 0x10000)
_NONCHARACTERS = "".join(f"{chr(last)}{chr(last + 1)}" for last in _PLANES)
_REFUSED_BEYOND = re.compile(f"[{chr(_PLANES[0])}-\U0010ffff](?<=[{_NONCHARACTERS}])")

_ALL_MARKS = (re.compile(f"[{_MARKS}]+"), re.compile(f"[{_NEAR_MARKS_BEYOND}](?<=[{_MARKS_BEYOND}])"))


def clean_source(source: str) -> str:
    """The same text in one form (NFC, \\n), without the characters that a database or a feed refuses."""
    plain = _REFUSED.sub("", source.replace("\r\n", "\n"))
    if plain.isascii():
        return plain
    return unicodedata.normalize("NFC", _with_short_rows(_REFUSED_BEYOND.sub("", plain)))


def _with_short_rows(text: str) -> str:
    if _A_ROW.search(text) or _A_MARK_BEYOND.search(text):
        return _TOO_MANY_MARKS.sub(r"\1", text)
    return text


def without_marks(decomposed: str) -> str:
    """A text in NFD or NFKD without its accents and other combining marks."""
    if decomposed.isascii():
        return decomposed
    for marks in _ALL_MARKS:
        decomposed = marks.sub("", decomposed)
    return decomposed
