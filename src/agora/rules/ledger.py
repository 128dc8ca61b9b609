"""The hash chain of the public log: each entry seals the one before it, and names what is private only by commitments.

The form is fixed: what was sealed once must verify for ever. A later form takes another `FORM`.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from agora.rules.errors import N_, Message

FORM = "agora-log-1"
# What the first entry seals.
BEGINNING = "0" * 64


@dataclass(frozen=True)
class Sealed:
    """An entry as it is kept and exported. `facts` is the JSON text itself: its bytes are what was sealed."""

    number: int
    facts: str
    previous: str
    seal: str


@dataclass(frozen=True)
class Break:
    """The first entry of a chain that is not what was sealed."""

    number: int
    message: Message


def canonical(facts: Mapping[str, Any]) -> str:
    """The one JSON text of these facts: keys sorted, no spaces, no escapes that are not needed."""
    return json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def seal(number: int, facts: str, previous: str) -> str:
    """64 hexadecimal digits (SHA-256) over the form, the number, the seal before, and the facts."""
    return hashlib.sha256(f"{FORM}\n{number}\n{previous}\n{facts}".encode()).hexdigest()


def commitment(salt: str, value: str) -> str:
    """64 hexadecimal digits that bind to a private value without telling it; without the salt nobody can try values."""
    return hashlib.sha256(f"{FORM}\n{salt}\n{value}".encode()).hexdigest()


def first_break(entries: Iterable[Sealed], *, after: Sealed | None = None) -> Break | None:
    """Where a chain is broken first; None where every entry seals the one before it."""
    number, previous = (after.number, after.seal) if after else (0, BEGINNING)
    for entry in entries:
        number += 1
        if entry.number != number:
            return Break(number, Message(N_("Entry %(number)s is missing."), {"number": number}))
        if entry.previous != previous:
            return Break(number, Message(N_("Entry %(number)s does not follow the one before it."), {"number": number}))
        if entry.seal != seal(entry.number, entry.facts, entry.previous):
            return Break(number, Message(N_("Entry %(number)s is not what was sealed."), {"number": number}))
        previous = entry.seal
    return None
