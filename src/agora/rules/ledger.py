"""The hash chain of the public log: each entry seals the one before it, and names what is private only by commitments.

The form is fixed: what was sealed once must verify for ever. A later form takes another `FORM`.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
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


def checkpoint_text(site: str, number: int, at: str, seal: str) -> bytes:
    """What the signature of a checkpoint covers: that this site's log stood so at that moment."""
    return f"{FORM}\ncheckpoint\n{site}\n{number}\n{at}\n{seal}".encode()


@dataclass(frozen=True)
class Signed:
    """A checkpoint as it is kept and exported. `key` is public: 64 hexadecimal digits, Ed25519."""

    number: int
    at: str
    seal: str
    key: str
    signature: str


class Broken(Exception):
    """What was read is not what was sealed."""

    def __init__(self, number: int, text: str, **values: object) -> None:
        self.found = Break(number, Message(text, {"number": number, **values}))
        super().__init__(text % self.found.message.values)


# Whether this key signed this text, with this signature.
IsSigned = Callable[[str, bytes, str], bool]


class Chain:
    """Follows a log from its beginning. What does not belong raises Broken; what was read until then was in order."""

    def __init__(self, site: str = "", is_signed: IsSigned | None = None) -> None:
        self.number, self.seal = 0, BEGINNING
        self.key = ""  # the one that the log announced last
        self.facts: dict[str, Any] = {}  # of the entry that was read last
        self.bound = self.opened = 0  # private values, and those that were shown
        self._site, self._is_signed = site, is_signed

    def follow(self, entry: Sealed) -> None:
        number = self.number + 1
        if entry.number != number:
            raise Broken(number, N_("Entry %(number)s is missing."))
        if entry.previous != self.seal:
            raise Broken(number, N_("Entry %(number)s does not follow the one before it."))
        if entry.seal != seal(entry.number, entry.facts, entry.previous):
            raise Broken(number, N_("Entry %(number)s is not what was sealed."))
        self.number, self.seal, self.facts = number, entry.seal, _facts_of(entry)
        self.bound += len(self.facts.get("private", {}))
        if self.facts.get("kind") == "log.key":
            self.key = str(self.facts.get("key"))

    def open(self, name: str, salt: str, value: str) -> None:
        """See that a private value of the entry that was read last is the one that it binds to."""
        if self.facts.get("private", {}).get(name) != commitment(salt, value):
            raise Broken(self.number, N_("Entry %(number)s binds to another “%(name)s” than this one."), name=name)
        self.opened += 1

    def check(self, signed: Signed) -> None:
        """See that a checkpoint says what the chain says, and that the announced key signed it."""
        self.see_signature(signed)
        if signed.number > self.number:
            raise Broken(self.number + 1, N_("Entry %(number)s is missing."))
        if (signed.number, signed.seal) != (self.number, self.seal):
            raise Broken(self.number, N_("The checkpoint at entry %(number)s speaks of another log."))
        if signed.key != self.key:
            raise Broken(self.number, N_("The checkpoint at entry %(number)s bears a key that was not announced."))

    def see_signature(self, signed: Signed) -> None:
        text = checkpoint_text(self._site, signed.number, signed.at, signed.seal)
        if self._is_signed is None or not self._is_signed(signed.key, text, signed.signature):
            raise Broken(signed.number, N_("The checkpoint at entry %(number)s is not signed by its key."))


def _facts_of(entry: Sealed) -> dict[str, Any]:
    try:
        facts = json.loads(entry.facts)
    except ValueError:
        facts = None
    if not isinstance(facts, dict):
        raise Broken(entry.number, N_("Entry %(number)s cannot be read."))
    return facts
