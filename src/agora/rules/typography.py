"""French typography for texts typed on a keyboard: thin spaces, apostrophes, ellipses; a harmless subset elsewhere."""

import re

NARROW = "\u202f"  # before ; ! ? and inside guillemets
WIDE = "\u00a0"  # before the colon

_SPACE = r"[ \t\u00a0\u2009\u202f]"
_SPACES = rf"(?<!{_SPACE}){_SPACE}+"  # a whole row of them: to begin anywhere in it takes quadratic time
ADDRESS = re.compile(r"(https?://[^\s»“”\"<>]+)")
_FRENCH = (
    (re.compile(rf"{_SPACES}([;!?»])"), rf"{NARROW}\1"),
    (re.compile(rf"«{_SPACE}*"), f"«{NARROW}"),
    (re.compile(rf"(?<=\S)(?<!{NARROW})»"), f"{NARROW}»"),
    (re.compile(rf"{_SPACES}:(?=\s|$)"), f"{WIDE}:"),
    (re.compile(rf"(?<=\d){_SPACE}(?=[%€]|\d{{3}}\b)"), NARROW),
)
_COMMON = (
    (re.compile(r"(?<=[\s«])---?(?=[\s»])"), "—"),
    (re.compile(r"\.\.\.+"), "…"),
    (re.compile(r"(?<=\w)'(?=\w)"), "’"),
)


def typeset(text: str, language: str) -> str:
    """The same words with the spaces and signs that a typesetter would use; idempotent. Web addresses stay."""
    rules = (*_COMMON, *_FRENCH) if language.startswith("fr") else _COMMON
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
