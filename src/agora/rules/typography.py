"""French typography for texts typed on a keyboard: thin spaces, apostrophes, ellipses; a harmless subset elsewhere."""

import re

NARROW = "\u202f"  # before ; ! ? and inside guillemets
WIDE = "\u00a0"  # before the colon

_SPACE = r"[ \t\u00a0\u2009\u202f]"
# A whole row of them: to begin anywhere in it takes quadratic time.
_SPACES = rf"{_SPACE}(?<!{_SPACE}{_SPACE}){_SPACE}*"
ADDRESS = re.compile(r"(https?://[^\s»“”\"<>]+)")
# Each pattern begins with the sign that it is about, and looks back from there: so a text without it costs nothing.
_COMMON = (
    (re.compile(r"--(?<=[\s«]--)-?(?=[\s»])"), "—"),
    (re.compile(r"\.\.\.+"), "…"),
    (re.compile(r"'(?<=\w')(?=\w)"), "’"),
)
_FRENCH = (
    *_COMMON,
    (re.compile(rf"{_SPACES}([;!?»])"), rf"{NARROW}\1"),
    (re.compile(rf"«{_SPACE}*"), f"«{NARROW}"),
    (re.compile(rf"»(?<=\S»)(?<!{NARROW}»)"), f"{NARROW}»"),
    (re.compile(rf"{_SPACES}:(?=\s|$)"), f"{WIDE}:"),
    (re.compile(rf"{_SPACE}(?<=\d{_SPACE})(?=[%€]|\d{{3}}\b)"), NARROW),
)
# Every rule needs one of these.
_TOUCHED = re.compile(r"[-.'«»;!?:\d]")


def typeset(text: str, language: str) -> str:
    """The same words with the spaces and signs that a typesetter would use; idempotent. Web addresses stay."""
    if not _TOUCHED.search(text):
        return text
    rules = _FRENCH if language.startswith("fr") else _COMMON
    parts = ADDRESS.split(text)  # every second part is an address
    for pattern, replacement in rules:
        parts[::2] = [pattern.sub(replacement, part) for part in parts[::2]]
    return "".join(parts)


def quotable(text: str, language: str) -> str:
    """A text that will stand between quotation marks: its own become those of the second level."""
    text = typeset(text, language)
    if language.startswith("fr"):
        return text.replace(f"«{NARROW}", "“").replace(f"{NARROW}»", "”")
    return text.replace("“", "‘").replace("”", "’")
