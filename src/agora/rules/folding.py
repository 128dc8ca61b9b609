"""Words without what people vary about them: case, accents, signs; and letters that look like others."""

import re
import unicodedata
from collections.abc import Callable

from agora.rules.characters import without_marks

_COMMON = 0x2100  # the alphabets, and the signs of writing
_WORDS = re.compile(r"\w+")


class Letters(dict[int, int | str | None]):
    """What becomes of each character, by its number; kept for those that many texts hold, and no more than those."""

    def __init__(self, become: Callable[[int], int | str | None]) -> None:
        super().__init__()
        self._become = become

    def __missing__(self, code: int) -> int | str | None:
        plain = self._become(code)
        if code < _COMMON:
            self[code] = plain
        return plain


def fold(text: str) -> str:
    """Lower-case words without accents or punctuation, one space between them: what makes two texts "the same"."""
    return " ".join(_WORDS.findall(without_marks(unicodedata.normalize("NFKD", text.casefold()))))


def readings(text: str) -> list[str]:
    """How a text may be read in which letters look like others: folded, and the plain reading first.

    Letters of other alphabets and of fancy styles are read as the Latin ones that they look like, invisible characters
    are passed over. Where digits or signs stand within words they are also read as letters ("c4$ino", "cas1no"), and
    letters that stand alone in a row as one word ("c a s i n o").
    """
    plain = unicodedata.normalize("NFKD", text).translate(_LATIN).casefold()
    found = [_joined(plain)]
    if any(sign in plain for sign in _SIGNS):
        found += [_joined(_TOKENS.sub(undisguised, plain)) for undisguised in (_with_i, _with_l)]
    return list(dict.fromkeys(found))


def _joined(plain: str) -> str:
    return _SPACED.sub(lambda row: row[0].replace(" ", ""), " ".join(_WORDS.findall(plain)))


# Four letters or more, each alone.
_SPACED = re.compile(r"\b[^\W\d_](?: [^\W\d_]\b){3,}")
_TOKENS = re.compile(r"[\w@$€!|]+")
_SIGNS = "034578@$€!|1"
_I, _L = (str.maketrans(_SIGNS, f"oeastbase{one * 3}") for one in "il")


def _undisguised(token: str, letters: dict[int, int]) -> str:
    """A word with its signs as letters; what has no letter beside them is a number or a row of signs."""
    word = token.strip("!|")
    return word.translate(letters) if any(map(str.isalpha, word)) else token


def _with_i(token: re.Match[str]) -> str:
    return _undisguised(token[0], _I)


def _with_l(token: re.Match[str]) -> str:
    return _undisguised(token[0], _L)


# By Latin letter, what looks like it: Greek, Cyrillic, Armenian, Hebrew, Latin of other languages, small capitals.
_LOOKALIKES = {
    "a": "ΑαАаᴀɑ",
    "b": "ΒβВвЬьʙɓƄƅ",
    "c": "Ссςᴄƈҫ",
    "d": "ԁᴅđĐɗÐðժ",
    "e": "ΕεЕеᴇЄєҽəɛ℮",
    "f": "Ϝꜰƒ",
    "g": "ɡɢԌց",
    "h": "ΗНнһҺʜհĦħ",
    "i": "ΙιІіӀӏıɪ",
    "j": "ЈјᴊϳȷՅ",
    "k": "ΚκКкᴋĸқҚ",
    "l": "ʟłŁⅼӏ",
    "m": "ΜМмᴍ",
    "n": "ΝηПпɴոռ",
    "o": "ΟοОоᴏσоՕօסøØөѳ",
    "p": "ΡρРрᴘþ",
    "q": "ԛԚզɋ",
    "r": "ʀгГᴦɾ",
    "s": "ЅѕꜱʂՏ",
    "t": "ΤτТтᴛŧŦ",
    "u": "υᴜսμʋ",
    "v": "νѵѴᴠ",
    "w": "ωԝԜᴡшШѡա",
    "x": "ΧχХхҳҲ",
    "y": "ΥγУуўɣʏүҮ",
    "z": "ΖᴢʐƶƵ",
    "ae": "Ææ",
    "oe": "Œœ",
}
_LOOKS = {ord(other): letter for letter, others in _LOOKALIKES.items() for other in others}
# Circled and squared capitals, and the letters that flags are made of: nothing takes them apart by itself.
_LOOKS |= {first + n: chr(97 + n) for first in (0x1F150, 0x1F170, 0x1F1E6) for n in range(26)}


def _latin(code: int) -> int | str | None:
    if code < 0x80:
        return code
    # Marks upon letters, and what is not seen: joiners, soft hyphens, directions of writing.
    return None if unicodedata.category(chr(code)) in {"Mn", "Me", "Cf"} else _LOOKS.get(code, code)


_LATIN = Letters(_latin)
