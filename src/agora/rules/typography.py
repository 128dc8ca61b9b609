"""French typography for texts typed on a keyboard: thin spaces, apostrophes, ellipses; a harmless subset elsewhere."""

import re
from typing import NamedTuple

NARROW = "\u202f"  # before ; ! ? and inside guillemets
WIDE = "\u00a0"  # before the colon

_SPACE = r"[ \t\u00a0\u2009\u202f]"
# A whole row of them: to begin anywhere in it takes quadratic time.
_SPACES = rf"{_SPACE}(?<!{_SPACE}{_SPACE}){_SPACE}*"
ADDRESS = re.compile(r"(https?://[^\s»“”\"<>]+)")


class _Rule(NamedTuple):
    """What is printed for what is typed; `where` finds quickly whether there is anything to do."""

    typed: re.Pattern[str]
    printed: str
    where: re.Pattern[str] | None = None

    def applied(self, text: str) -> str:
        return self.typed.sub(self.printed, text) if self.where is None or self.where.search(text) else text


# Each pattern begins with the sign that it is about, and looks back from there: so a text without it costs nothing.
# Those that change the space before a sign cannot: a text has many spaces, so the sign is looked for first.
_COMMON = (
    _Rule(re.compile(r"--(?<=[\s«]--)-?(?=[\s»])"), "—"),
    _Rule(re.compile(r"\.\.\.+"), "…"),
    _Rule(re.compile(r"'(?<=\w')(?=\w)"), "’"),
)
_FRENCH = (
    *_COMMON,
    _Rule(re.compile(rf"{_SPACES}([;!?»])"), rf"{NARROW}\1", re.compile(rf"[;!?»](?<={_SPACE}.)")),
    _Rule(re.compile(rf"«{_SPACE}*"), f"«{NARROW}"),
    _Rule(re.compile(rf"»(?<=\S»)(?<!{NARROW}»)"), f"{NARROW}»"),
    _Rule(re.compile(rf"{_SPACES}:(?=\s|$)"), f"{WIDE}:", re.compile(rf":(?<={_SPACE}:)")),
    _Rule(re.compile(rf"{_SPACE}(?<=\d{_SPACE})(?=[%€]|\d{{3}}\b)"), NARROW, re.compile(rf"\d{_SPACE}[%€\d]")),
)
# Every rule needs one of these.
_TOUCHED = re.compile(r"[-.'«»;!?:\d]")


def typeset(text: str, language: str) -> str:
    """The same words with the spaces and signs that a typesetter would use; idempotent. Web addresses stay."""
    if not _TOUCHED.search(text):
        return text
    rules = _FRENCH if language.startswith("fr") else _COMMON
    parts = ADDRESS.split(text)  # every second part is an address
    for rule in rules:
        parts[::2] = [rule.applied(part) for part in parts[::2]]
    return "".join(parts)


def quotable(text: str, language: str) -> str:
    """A text that will stand between quotation marks: its own become those of the second level."""
    text = typeset(text, language)
    if language.startswith("fr"):
        return text.replace(f"«{NARROW}", "“").replace(f"{NARROW}»", "”")
    return text.replace("“", "‘").replace("”", "’")
