"""Which characters stay in a text is told by Unicode's own tables."""

import unicodedata

import pytest

from agora.rules.characters import clean_source, without_marks

# Two planes, and the ends of the others, where nothing has a mark.
EVERY = "".join(map(chr, (*range(0x20000), *(end + n for end in range(0x2FFF0, 0x110000, 0x10000) for n in range(16)))))


def is_refused(sign: str) -> bool:
    code = ord(sign)
    is_noncharacter = code & 0xFFFE == 0xFFFE or 0xFDD0 <= code < 0xFDF0
    return is_noncharacter or (unicodedata.category(sign) in {"Cc", "Cs"} and sign not in "\t\n\r")


def test_marks_are_those_of_unicode() -> None:
    assert without_marks(EVERY) == "".join(sign for sign in EVERY if not unicodedata.combining(sign))


def test_refused_characters_are_gone() -> None:
    others = "".join(sign for sign in EVERY if not is_refused(sign) and not unicodedata.combining(sign))

    assert clean_source("".join(filter(is_refused, EVERY))) == ""
    assert clean_source(others) == unicodedata.normalize("NFC", others)


@pytest.mark.parametrize("mark", ["\u0301", "\u0d4d", "\U0001d165", "\u0301\U0001e94a"])
def test_long_rows_of_marks_are_cut(mark: str) -> None:
    def marks(text: str) -> int:
        return sum(map(bool, map(unicodedata.combining, unicodedata.normalize("NFD", text))))

    assert marks(clean_source("x" + mark * 500)) == 30
    assert marks(clean_source("x" + mark * 15)) == 15 * len(mark)
