"""French typography for texts typed on a keyboard: thin spaces, apostrophes, ellipses; a harmless subset elsewhere."""

import re

NARROW = "\u202f"  # before ; ! ? and inside guillemets
WIDE = "\u00a0"  # before the colon

_SPACE = r"[ \t\u00a0\u2009\u202f]"
_FRENCH = (
    (re.compile(rf"{_SPACE}+([;!?»])"), rf"{NARROW}\1"),
    (re.compile(rf"«{_SPACE}*"), f"«{NARROW}"),
    (re.compile(rf"(?<=\S)(?<!{NARROW})»"), f"{NARROW}»"),
    (re.compile(rf"{_SPACE}+:(?=\s|$)"), f"{WIDE}:"),
    (re.compile(rf"(?<=\d){_SPACE}(?=[%€]|\d{{3}}\b)"), NARROW),
)
_COMMON = (
    (re.compile(r"\.\.\.+"), "…"),
    (re.compile(r"(?<=\w)'(?=\w)"), "’"),
)


def typeset(text: str, language: str) -> str:
    """The same words with the spaces and signs that a typesetter would use; idempotent."""
    rules = (*_COMMON, *_FRENCH) if language.startswith("fr") else _COMMON
    for pattern, replacement in rules:
        text = pattern.sub(replacement, text)
    return text


def quotable(text: str, language: str) -> str:
    """A text that will stand between quotation marks: its own become those of the second level."""
    text = typeset(text, language)
    if language.startswith("fr"):
        return text.replace(f"«{NARROW}", "“").replace(f"{NARROW}»", "”")
    return text.replace("“", "‘").replace("”", "’")
