"""What the spam filter sees in a comment: its words, pairs of words, links, and how it is written, as names of signs.

A sign is a short text whose first word is its kind: "word casino", "pair check out", "links 2". The same text always
shows the same signs; nothing else is learned from it. docs/spam.md explains each kind.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from agora.rules.spam_reading import DIGIT, is_spaced, pieces_of, with_stand_ins, without_markup, word_of
from agora.rules.spam_topics import topic_of

# Grows when the same text shows other signs than before: what a site learned under other names is then of no use.
VERSION = 1

# Of a long text its beginning and its end are read: a comment is weighed in bounded time, and spam ends with its link.
_HEAD, _TAIL = 90, 40
_LONGEST_TEXT = 6_000
_REPEATED_SIGN = re.compile(r"([^\w\s.])\1{3,}")
_NO_LETTERS = {code: None for code in range(0x80) if not chr(code).isalpha()}
_LETTERS = re.compile(r"[^\W\d_]+")
_SMALL = re.compile(r"[a-z]+")
_BEYOND_LATIN = re.compile("[\u0250-\U0010ffff]")
_SYMBOLS = re.compile("[\u2191-\U0010ffff]")
_SILENT = frozenset("'\",.-’“”«»()")


def signs(text: str, *, name: str = "", website: str = "") -> list[str]:
    """The signs of a comment, each once, in a fixed order; at most about 350."""
    body, addresses, markup = without_markup(text[:_LONGEST_TEXT])
    plain = with_stand_ins(body)
    spaced = is_spaced(plain)
    pieces = pieces_of(plain, spaced=spaced)
    found = [
        *_of_words([word_of(piece) for piece in _ends(pieces)]),
        *_of_addresses(addresses),
        *_of_writing(body, plain, _length(pieces), addresses, spaced=spaced),
        *markup,
    ]
    if name:
        found += _of_name(name)
    if website:
        found += ["website", *(sign.replace("host ", "site ") for sign in _of_addresses([website]))]
    return list(dict.fromkeys(found))


def _of_name(name: str) -> list[str]:
    words = map(word_of, pieces_of(name, spaced=is_spaced(name)))
    return [f"name {word}" for word in words if len(word) > 1][:6]


def _ends(pieces: Sequence[str]) -> Sequence[str]:
    return pieces if len(pieces) <= _HEAD + _TAIL else [*pieces[:_HEAD], *pieces[-_TAIL:]]


def _length(pieces: Sequence[str]) -> int:
    """How many words there are; what holds more than letters is one if it begins like one when it is read."""
    mixed = [piece for piece in pieces if not piece.isalpha()]
    return len(pieces) - len(mixed) + sum(word_of(piece)[0].isalpha() for piece in mixed)


def _of_words(words: Sequence[str]) -> Iterator[str]:
    different = dict.fromkeys(words)
    for word in different:
        yield f"word {word}"
        if len(word) > 6 and word.isalpha():
            yield f"stem {word[:5]}"
    topics = Counter(topic for word in different if (topic := topic_of(word)))
    for topic, count in topics.items():
        yield f"topic {topic}"
        if count > 1:
            yield f"topic-again {topic}"
    trades = [topic for topic in topics if topic not in _OF_ANYBODY]
    yield f"topics {_step(len(trades), (0, 1, 2, 3, 5))}"
    row = ["^", *(word for word in words if word not in _SILENT), "$"]
    yield from [f"pair {first} {second}" for first, second in pairwise(row)]


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


_LENGTHS = (0, 2, 5, 10, 20, 40, 80, 160)


def _of_writing(body: str, plain: str, count: int, addresses: Sequence[str], *, spaced: bool) -> Iterator[str]:
    yield f"links {_step(len(addresses), (0, 1, 2, 4))}"
    yield f"length {_step(count, _LENGTHS)}"
    if addresses:
        yield f"link-length {_step(count, (0, 3, 10, 30, 80))}"
    yield f"exclaims {_step(body.count('!'), (0, 1, 3))}"
    yield from _of_letters(plain)
    if emoji := sum(unicodedata.category(sign) == "So" for sign in _SYMBOLS.findall(body)):
        yield f"emoji {_step(emoji, (2, 5))}"
    if figures := len(DIGIT.findall(body)):
        yield f"figures {_step(100 * figures // len(body), (5, 20))}"
    if _REPEATED_SIGN.search(body):
        yield "repeated-sign"
    if spaced:
        yield "spaced"
    if "\n" in body:
        yield "lines"


def _of_letters(plain: str) -> Iterator[str]:
    letters = _letters_of(plain)
    if not letters:
        yield "no-letters"
        return
    if len(letters) > 8:
        capitals = sum(map(str.isupper, _SMALL.sub("", letters)))
        yield f"capitals {_step(100 * capitals // len(letters), (10, 30, 60))}"
    seen = letters[:300]
    foreign = sum("LATIN" not in unicodedata.name(sign, "") for sign in _BEYOND_LATIN.findall(seen))
    if foreign:
        yield "other-script" if 2 * foreign > len(seen) else "mixed-script"


def _letters_of(text: str) -> str:
    if text.isascii():
        return text.translate(_NO_LETTERS)
    letters = "".join(_LETTERS.findall(text))
    return letters if letters.isalpha() else "".join(filter(str.isalpha, letters))  # "½" is none


def _step(number: int, steps: Sequence[int]) -> str:
    """The first step that a number does not exceed."""
    return next((str(step) for step in steps if number <= step), f"{steps[-1]}+")
