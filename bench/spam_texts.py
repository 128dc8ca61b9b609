"""The comments that the spam filter is made from and measured with, and the groups that cross-validation leaves out.

YouTube's are those of the YouTube Spam Collection (T. C. Alberto, J. V. Lochter, 2015; UCI 380, CC BY 4.0), as CSV with
the columns video, text and spam; they are not in this repository. Our own, tests/data/comments.jsonl, were written for
it.
"""

import csv
import json
import random
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from agora.rules.spam_signs import signs

OWN = Path(__file__).parents[1] / "tests" / "data" / "comments.jsonl"
SAMPLE = Path(__file__).parents[1] / "src" / "agora" / "demo_content" / "discussions"

# Our own texts name only addresses that are reserved for examples (RFC 2606). A filter that learned from them as they
# are would take ".example" for a sign, so each gets an ending that such a text might have.
_ENDINGS = {
    True: ("com", "net", "org", "info", "xyz", "top", "site", "online", "shop", "fr", "club", "com", "com"),
    False: ("fr", "org", "net", "com", "eu", "io"),
}
_MAIL = {
    True: ("gmail.com", "outlook.fr", "yahoo.fr", "hotmail.com", "proton.me"),
    False: ("orange.fr", "free.fr", "gmail.com", "laposte.net"),
}


class Text(NamedTuple):
    text: str
    spam: bool
    group: str  # the video, or language and kind
    signs: tuple[str, ...]


def made(text: str, spam: bool, group: str) -> Text:
    return Text(text, spam, group, tuple(signs(text)))


def youtube(file: Path) -> list[Text]:
    with file.open(encoding="utf-8", newline="") as lines:
        return [made(row["text"], row["spam"] == "1", f"video {row['video']}") for row in csv.DictReader(lines)]


def own() -> list[Text]:
    rows = [json.loads(line) for line in OWN.read_text(encoding="utf-8").splitlines()]
    return [made(_dressed(row["text"], row["spam"]), row["spam"], f"{row['language']} {row['kind']}") for row in rows]


def _dressed(text: str, spam: bool) -> str:
    for reserved in ("@example.com", "@example.org"):
        text = text.replace(reserved, f"@{_any_of(_MAIL[spam], text)}")
    return text.replace(".example", f".{_any_of(_ENDINGS[spam], text)}")


def _any_of(choices: Sequence[str], text: str) -> str:
    """One of them, always the same for the same text."""
    return choices[int.from_bytes(sha256(text.encode()).digest()[:4], "big") % len(choices)]


def groups(texts: Sequence[Text]) -> list[str]:
    return sorted({text.group for text in texts})


def shuffled(texts: Sequence[Text], seed: int) -> list[Text]:
    row = list(texts)
    random.Random(seed).shuffle(row)
    return row


def fifths(texts: Sequence[Text]) -> Iterator[tuple[list[Text], list[Text]]]:
    """Five times: the groups of four fifths, and those of the one left out."""
    names = shuffled_names(groups(texts))
    for part in range(5):
        out = {name for place, name in enumerate(names) if place % 5 == part}
        yield [text for text in texts if text.group not in out], [text for text in texts if text.group in out]


def shuffled_names(names: Sequence[str]) -> list[str]:
    row = list(names)
    random.Random(5).shuffle(row)
    return row
