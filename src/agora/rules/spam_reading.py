"""A comment as the spam filter reads it: without markup and disguise, and with one name for what is never the same."""

import re
import unicodedata
from functools import lru_cache
from html import unescape

from agora.rules.characters import without_marks

_LONGEST_WORD = 24
# What was made of so many words is remembered: most comments are made of the same ones.
_REMEMBERED = 8_192

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufe00-\ufe0f\ufeff]")
# Letters of other alphabets that look like ours, where they stand within a word of ours; and signs that stand for some.
_LOOKALIKES = str.maketrans("аеорсухіѕјԁӏвкмнтαεορυικντ", "aeopcyxisjdlbkmhtaeopuikvt")
_LEET = str.maketrans("013457@$€", "oieastase")

_HREF = re.compile(r"<a\s[^<>]{0,300}?href\s*=\s*[\"']?([^\"'\s<>]+)[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-z][a-z0-9]{0,9}(?:\s[^<>]*)?/?>", re.IGNORECASE)
_BBCODE = re.compile(r"\[/?(?:url|link|img|b)\b[^\[\]]{0,200}\]", re.IGNORECASE)
_AT = re.compile(r"@|\[at\]|\(at\)", re.IGNORECASE)
_MAIL = re.compile(r"[\w.+-]{1,64}\s?(?:@|\[at\]|\(at\))\s?[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}", re.IGNORECASE)
_ENDINGS = (
    "com net org info biz ru xyz top site online shop club store fr co me tv ly be eu io de it es uk us ca ch gl gd in "
    "pw cc win bid vip live app link click su cn ws ro pl br tk ml ga cf icu fun space website pro dev ai gg example"
)
_ADDRESS = re.compile(
    r"((?:https?://|www\.)[^\s<>\"\[\]]{2,}"
    rf"|(?<![\w@./-])(?:[a-z0-9-]{{1,63}}\.){{1,4}}(?:{'|'.join(_ENDINGS.split())})\b(?:/[^\s<>\"\[\]]*)?)",
    re.IGNORECASE,
)
# Every address has one of these; most texts have none.
_IN_ADDRESSES = re.compile(r"[:.](?:(?<=:)//|(?<=\.)\w|(?<=www\.))", re.IGNORECASE)
# Each is bounded, and begun only where a figure begins: no text takes long to read.
_MONEY = re.compile(
    r"[$€£\d](?:(?<=[$€£])\s?\d[\d.,]{0,14}"
    r"|(?<=\d)(?<![\d.,]\d)[\d.,]{0,14}(?:\s\d{3}){0,4}\s?(?:[$€£]|(?:euros?|eur|usd|dollars?|fcfa|bucks|btc)\b))",
    re.IGNORECASE,
)
_PERCENT = re.compile(r"\d\s?%")
_PHONE = re.compile(r"(?<![\w.,])(?:\+|00)?\(?\d{1,4}\)?(?:[ .\-()]{0,2}\d{2,4}){3,6}(?![\w,])")
DIGIT = re.compile(r"\d")
_FEWESTDIGITS = 7  # in a telephone number
_PIECE = re.compile(r"<\w+>|[^\W_]+(?:[@$€][^\W\d_]+)?|[!?]+|[^\w\s]")
_FIGURES_AT_END = re.compile(r"^\d{2,}|\d{2,}$")
_REPEATED_LETTER = re.compile(r"([^\W\d_])\1{2,}")
# Where a letter stands alone before another one that does, and all rows of such letters.
_LONE = re.compile(r"[ .*_-](?<=[^\W\d_].)(?<!\w..)[^\W\d_][ .*_-]")
_SPACED = re.compile(r"(?<!\w)(?:[^\W\d_][ .*_-]){3,}[^\W\d_](?!\w)")


def without_markup(text: str) -> tuple[str, list[str], list[str]]:
    """The text as it reads, the addresses that stood in it, and the signs of the markup that is gone."""
    if "&" in text:
        text = unescape(text)
    plain = text
    if "<" in plain:
        plain = _TAG.sub(" ", _HREF.sub(r" \1 ", plain))
    if "[" in plain:
        plain = _BBCODE.sub(lambda tag: tag[0].replace("[", " ").replace("]", " ").replace("=", " "), plain)
    markup = ["html"] if plain != text else []
    unseen = _INVISIBLE.sub("", plain)
    if len(plain.strip("\ufeff")) - len(unseen) > 2:
        markup.append("invisible")
    body = unicodedata.normalize("NFKC", unseen).strip()
    if not _IN_ADDRESSES.search(body):
        return body, [], markup
    parts = _ADDRESS.split(body)  # every second part is an address
    return " <link> ".join(parts[::2]), parts[1::2], markup


def with_stand_ins(body: str) -> str:
    """The text with a name instead of what is never the same twice."""
    if _AT.search(body):
        body = _MAIL.sub(" <mail> ", body)
    digits = len(DIGIT.findall(body))
    if digits:
        body = _MONEY.sub(" <money> ", body)
    if digits and "%" in body:
        body = _PERCENT.sub(" <percent> ", body)
    return _PHONE.sub(" <phone> ", body) if digits >= _FEWESTDIGITS else body


def _fold(text: str) -> str:
    """Lower case without accents."""
    return without_marks(unicodedata.normalize("NFKD", text.casefold()))


def is_spaced(text: str) -> bool:
    """Whether a word in it is written letter by letter."""
    return _LONE.search(text) is not None and _SPACED.search(text) is not None


def pieces_of(text: str, *, spaced: bool) -> list[str]:
    """Folded words, figures and marks; what is written letter by letter is one word."""
    joined = _SPACED.sub(lambda row: re.sub(r"[ .*_-]", "", row[0]), text) if spaced else text
    return _PIECE.findall(_fold(joined))


def word_of(piece: str) -> str:
    """The word that is meant. Of long ones nothing is remembered: they would fill the memory."""
    return _word(piece) if len(piece) <= _LONGEST_WORD else _word.__wrapped__(piece)


@lru_cache(maxsize=_REMEMBERED)
def _word(piece: str) -> str:
    """A word or mark; figures and repeated letters have one form."""
    if piece[0] in "<!?":
        return piece if piece[0] == "<" else "!" if "!" in piece else "?"
    if piece.isdecimal():
        return "<year>" if len(piece) == 4 and piece[:2] in {"19", "20"} else f"<digits{min(len(piece), 5)}>"
    word = piece if piece.isalpha() and piece.isascii() else _undisguised(piece)
    return _REPEATED_LETTER.sub(r"\1\1", word)[:_LONGEST_WORD]


def _undisguised(piece: str) -> str:
    """A word whose letters were partly replaced by others that look alike, as it is meant to be read."""
    letters = sum(sign.isalpha() for sign in piece)
    if letters < 2:
        return piece
    if not piece.isascii() and any("a" <= sign <= "z" for sign in piece):
        piece = piece.translate(_LOOKALIKES)
    return _FIGURES_AT_END.sub("", piece).translate(_LEET)  # "covid19" is what it is
