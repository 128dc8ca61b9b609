"""What the spam filter sees in a comment: its words, pairs of words, links, and how it is written, as names of signs.

A sign is a short text whose first word is its kind: "word casino", "pair check out", "links 2". The same text always
shows the same signs; nothing else is learned from it. docs/spam.md explains each kind.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from html import unescape
from itertools import pairwise

from agora.rules.spam_topics import topic_of

# Grows when the same text shows other signs than before: what a site learned under other names is then of no use.
VERSION = 1

# Of a long text its beginning and its end are read: a comment is weighed in bounded time, and spam ends with its link.
_HEAD, _TAIL = 90, 40
_LONGEST_TEXT = 6_000
_LONGEST_WORD = 24

_INVISIBLE = dict.fromkeys(
    [0xAD, 0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x2060, 0xFEFF, *range(0xFE00, 0xFE10), *range(0x202A, 0x202F)]
)
# Letters of other alphabets that look like ours, where they stand within a word of ours; and signs that stand for some.
_LOOKALIKES = str.maketrans("аеорсухіѕјԁӏвкмнтαεορυικντ", "aeopcyxisjdlbkmhtaeopuikvt")
_LEET = str.maketrans("013457@$€", "oieastase")

_HREF = re.compile(r"<a\s[^<>]{0,300}?href\s*=\s*[\"']?([^\"'\s<>]+)[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-z][a-z0-9]{0,9}(?:\s[^<>]*)?/?>", re.IGNORECASE)
_BBCODE = re.compile(r"\[/?(?:url|link|img|b)\b[^\[\]]{0,200}\]", re.IGNORECASE)
_MAIL = re.compile(r"[\w.+-]{1,64}\s?(?:@|\[at\]|\(at\))\s?[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}", re.IGNORECASE)
_ENDINGS = (
    "com net org info biz ru xyz top site online shop club store fr co me tv ly be eu io de it es uk us ca ch gl gd in "
    "pw cc win bid vip live app link click su cn ws ro pl br tk ml ga cf icu fun space website pro dev ai gg example"
)
_ADDRESS = re.compile(
    r"(?:https?://|www\.)[^\s<>\"\[\]]{2,}"
    rf"|(?<![\w@./-])(?:[a-z0-9-]{{1,63}}\.){{1,4}}(?:{'|'.join(_ENDINGS.split())})\b(?:/[^\s<>\"\[\]]*)?",
    re.IGNORECASE,
)
_FIGURE = r"(?<![\d.,])\d[\d.,]{0,14}"  # bounded, and begun only where a figure begins: no text takes long to read
_MONEY = re.compile(
    rf"[$€£]\s?\d[\d.,]{{0,14}}|{_FIGURE}(?:\s\d{{3}}){{0,4}}\s?(?:[$€£]|(?:euros?|eur|usd|dollars?|fcfa|bucks|btc)\b)",
    re.IGNORECASE,
)
_PERCENT = re.compile(r"\d\s?%")
_PHONE = re.compile(r"(?<![\w.,])(?:\+|00)?\(?\d{1,4}\)?(?:[ .\-()]{0,2}\d{2,4}){3,6}(?![\w,])")
_PIECE = re.compile(r"<\w+>|[^\W_]+(?:[@$€][^\W\d_]+)?|[!?]+|[^\w\s]")
_FIGURES_AT_END = re.compile(r"^\d{2,}|\d{2,}$")
_REPEATED_LETTER = re.compile(r"([^\W\d_])\1{2,}")
_REPEATED_SIGN = re.compile(r"([^\w\s.])\1{3,}")
_SPACED = re.compile(r"(?<!\w)(?:[^\W\d_][ .*_-]){3,}[^\W\d_](?!\w)")

# What stands in a text instead of something that is never the same twice.
_STAND_INS = (
    (_MAIL, " <mail> "),
    (_MONEY, " <money> "),
    (_PERCENT, " <percent> "),
    (_PHONE, " <phone> "),
)
_SILENT = frozenset("'\",.-’“”«»()")


def signs(text: str, *, name: str = "", website: str = "") -> list[str]:
    """The signs of a comment, each once, in a fixed order; at most about 350."""
    body, addresses, markup = _without_markup(text[:_LONGEST_TEXT])
    body = _STAND_IN_FOR_ADDRESS.join(_ADDRESS.split(body)) if addresses else body
    plain = body
    for pattern, stand_in in _STAND_INS:
        plain = pattern.sub(stand_in, plain)
    words = list(_words(plain))
    found = [*_of_words(_ends(words)), *_of_addresses(addresses), *_of_writing(body, plain, words, addresses), *markup]
    if name:
        found += [f"name {word}" for word in _words(name) if len(word) > 1][:6]
    if website:
        found += ["website", *(sign.replace("host ", "site ") for sign in _of_addresses([website]))]
    return list(dict.fromkeys(found))


_STAND_IN_FOR_ADDRESS = " <link> "


def _without_markup(text: str) -> tuple[str, list[str], list[str]]:
    """The text as it reads, the addresses in it, and the signs of the markup that is gone."""
    if "&" in text:
        text = unescape(text)
    plain = text
    if "<" in plain:
        plain = _TAG.sub(" ", _HREF.sub(r" \1 ", plain))
    if "[" in plain:
        plain = _BBCODE.sub(lambda tag: tag[0].replace("[", " ").replace("]", " ").replace("=", " "), plain)
    markup = ["html"] if plain != text else []
    unseen = plain.translate(_INVISIBLE)
    if len(plain.strip("\ufeff")) - len(unseen) > 2:
        markup.append("invisible")
    body = unicodedata.normalize("NFKC", unseen).strip()
    return body, _ADDRESS.findall(body), markup


def fold(text: str) -> str:
    """Lower case without accents."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    return letters if letters.isascii() else "".join(sign for sign in letters if not unicodedata.combining(sign))


def _words(text: str) -> Iterator[str]:
    """Folded words and marks, where figures and repeated letters have one form."""
    joined = _SPACED.sub(lambda row: re.sub(r"[ .*_-]", "", row[0]), text)
    for piece in _PIECE.findall(fold(joined)):
        if piece[0] in "<!?":
            yield piece if piece[0] == "<" else "!" if "!" in piece else "?"
        elif piece.isdecimal():
            yield "<year>" if len(piece) == 4 and piece[:2] in {"19", "20"} else f"<digits{min(len(piece), 5)}>"
        elif piece.isalpha() and piece.isascii():
            yield _REPEATED_LETTER.sub(r"\1\1", piece)[:_LONGEST_WORD]
        else:
            yield _REPEATED_LETTER.sub(r"\1\1", _undisguised(piece))[:_LONGEST_WORD]


def _undisguised(piece: str) -> str:
    """A word whose letters were partly replaced by others that look alike, as it is meant to be read."""
    letters = sum(sign.isalpha() for sign in piece)
    if letters < 2:
        return piece
    if not piece.isascii() and any("a" <= sign <= "z" for sign in piece):
        piece = piece.translate(_LOOKALIKES)
    return _FIGURES_AT_END.sub("", piece).translate(_LEET)  # "covid19" is what it is


def _ends(words: Sequence[str]) -> Sequence[str]:
    return words if len(words) <= _HEAD + _TAIL else [*words[:_HEAD], *words[-_TAIL:]]


def _of_words(words: Sequence[str]) -> Iterator[str]:
    for word in words:
        yield f"word {word}"
        if len(word) > 6 and word.isalpha():
            yield f"stem {word[:5]}"
    topics = Counter(topic for word in dict.fromkeys(words) if (topic := topic_of(word)))
    for topic, count in topics.items():
        yield f"topic {topic}"
        if count > 1:
            yield f"topic-again {topic}"
    trades = [topic for topic in topics if topic not in _OF_ANYBODY]
    yield f"topics {_step(len(trades), (0, 1, 2, 3, 5))}"
    row = ["^", *(word for word in words if word not in _SILENT), "$"]
    for first, second in pairwise(row):
        yield f"pair {first} {second}"


# Topics that everybody's comments hold; those that are left are counted together.
_OF_ANYBODY = frozenset({"praise"})


def _of_addresses(addresses: Sequence[str]) -> Iterator[str]:
    for address in addresses[:8]:
        bare = re.sub(r"^(?:https?://)?(?:www\.)?", "", address.lower())
        host = re.split(r"[/?#:]", bare, maxsplit=1)[0]
        yield f"host {host[:60]}"
        yield f"ending {host.rpartition('.')[2][:20]}"
        yield f"path {_step(bare.rstrip('/').count('/'), (0, 1, 2))}"
        if kind := re.search(r"\.(pdf|png|jpe?g|gif|html?|php|odt|csv|txt|mp[34])$", bare):
            yield f"file {kind[1]}"
        if host.count("-") > 1:
            yield "hyphens"
        if any(sign.isdecimal() for sign in host):
            yield "host-figures"
        for word in re.findall(r"[a-z]{3,24}", bare.rpartition(".")[0] if "/" not in bare else bare)[:8]:
            yield f"address {word}"


def _of_writing(body: str, plain: str, words: Sequence[str], addresses: Sequence[str]) -> Iterator[str]:
    count = sum(word[0].isalpha() for word in words)
    yield f"links {_step(len(addresses), (0, 1, 2, 4))}"
    yield f"length {_step(count, (0, 2, 5, 10, 20, 40, 80, 160))}"
    if addresses:
        yield f"link-length {_step(count, (0, 3, 10, 30, 80))}"
    yield f"exclaims {_step(body.count('!'), (0, 1, 3))}"
    yield from _of_letters(plain)
    if emoji := sum(ord(sign) > 0x2190 and unicodedata.category(sign) == "So" for sign in body):
        yield f"emoji {_step(emoji, (2, 5))}"
    if figures := sum(sign.isdecimal() for sign in body):
        yield f"figures {_step(100 * figures // len(body), (5, 20))}"
    if _REPEATED_SIGN.search(body):
        yield "repeated-sign"
    if _SPACED.search(plain):
        yield "spaced"
    if "\n" in body:
        yield "lines"


def _of_letters(plain: str) -> Iterator[str]:
    letters = [sign for sign in plain if sign.isalpha()]
    if not letters:
        yield "no-letters"
        return
    if len(letters) > 8:
        yield f"capitals {_step(100 * sum(sign.isupper() for sign in letters) // len(letters), (10, 30, 60))}"
    foreign = sum(sign > "ɏ" and "LATIN" not in unicodedata.name(sign, "") for sign in letters[:300])
    if foreign:
        yield "other-script" if 2 * foreign > len(letters[:300]) else "mixed-script"


def _step(number: int, steps: Sequence[int]) -> str:
    """The first step that a number does not exceed."""
    return next((str(step) for step in steps if number <= step), f"{steps[-1]}+")
