"""The exported log: a file of JSON Lines that anyone can verify, with neither database nor secret.

Its first line is a header: form, site, and the signed head. Then come the entries in their order; after an entry may
stand its private values (in the administrator's own export) and the checkpoints that were made of it. Every line is
canonical JSON, so that not one byte can change unseen.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from agora.rules.errors import N_, Message
from agora.rules.ledger import FORM, Broken, Chain, IsSigned, Sealed, Signed, canonical


@dataclass(frozen=True)
class Damage:
    """Where a file is broken first: the line from 1 on, the entry (0: the header), and what is the matter."""

    line: int
    number: int
    message: Message


@dataclass(frozen=True)
class Sound:
    """A file that is all in order, and what it holds."""

    site: str
    number: int
    seal: str
    key: str
    at: str  # when its head was signed
    checkpoints: int
    bound: int  # values that the entries bind to
    opened: int  # of those, the ones that the file shows


def header_line(site: str, head: Signed) -> str:
    return canonical({"form": FORM, "site": site, "head": asdict(head)})


def entry_line(entry: Sealed) -> str:
    facts = {"entry": entry.number, "facts": entry.facts, "previous": entry.previous, "seal": entry.seal}
    return canonical(facts)


def private_line(number: int, values: Mapping[str, tuple[str, str]]) -> str:
    """The private values of an entry: by name, salt and value."""
    return canonical({"entry": number, "private": {name: list(pair) for name, pair in values.items()}})


def checkpoint_line(signed: Signed) -> str:
    return canonical({"checkpoint": asdict(signed)})


class _Unreadable(Exception):
    """A line that is none of ours."""


def verify(
    lines: Iterable[bytes],
    is_signed: IsSigned,
    *,
    heads: Mapping[int, str] | None = None,
    progress: Callable[[int, int], None] = lambda done, all_: None,
) -> Sound | Damage:
    """Read a file to its end, or to the first line that is not what it was.

    `heads` are seals by number that were seen elsewhere, such as on the page of the log: the file must agree.
    """
    reader = _Reader(is_signed, heads or {})
    line = 0
    try:
        for raw in lines:
            line += 1
            reader.read(raw)
            if reader.chain.number % 1000 == 0:
                progress(reader.chain.number, reader.head.number)
        reader.end()
    except _Unreadable:
        number = reader.chain.number + 1 if line > 1 else 0
        return Damage(max(1, line), number, Message(N_("Line %(line)s cannot be read."), {"line": max(1, line)}))
    except Broken as broken:
        return Damage(line, broken.found.number, broken.found.message)
    chain, head = reader.chain, reader.head
    return Sound(
        reader.site, chain.number, chain.seal, chain.key, head.at, reader.checkpoints, chain.bound, chain.opened
    )


class _Reader:
    def __init__(self, is_signed: IsSigned, heads: Mapping[int, str]) -> None:
        self.site = ""
        self.chain = Chain()
        self.head = Signed(0, "", "", "", "")
        self._is_signed, self._heads = is_signed, heads
        self._begun = False
        self.checkpoints = 0

    def read(self, raw: bytes) -> None:
        said = _object_of(raw)
        if not self._begun:
            self._begin(said)
        elif said.keys() == {"entry", "facts", "previous", "seal"}:
            self._follow(Sealed(said["entry"], said["facts"], said["previous"], said["seal"]))
        elif said.keys() == {"entry", "private"}:
            self._open(said["entry"], said["private"])
        elif said.keys() == {"checkpoint"}:
            self.chain.check(_signed_of(said["checkpoint"]))
            self.checkpoints += 1
        else:
            raise _Unreadable()

    def _begin(self, said: dict[str, Any]) -> None:
        if said.keys() != {"form", "site", "head"} or said["form"] != FORM or not isinstance(said["site"], str):
            raise _Unreadable()
        self._begun = True
        self.site, self.head = said["site"], _signed_of(said["head"])
        self.chain = Chain(self.site, self._is_signed)
        try:
            self.chain.see_signature(self.head)
        except Broken as broken:
            raise Broken(0, N_("The first line is not what was signed.")) from broken

    def _follow(self, entry: Sealed) -> None:
        if not isinstance(entry.facts, str):
            raise _Unreadable()
        self.chain.follow(entry)
        if entry.number > self.head.number:
            raise Broken(entry.number, N_("Entry %(number)s is beyond the end that was signed."))
        if self._heads.get(entry.number, entry.seal) != entry.seal:
            raise Broken(entry.number, N_("Entry %(number)s is not the one that was published."))

    def _open(self, number: Any, values: Any) -> None:
        if number != self.chain.number or not isinstance(values, dict):
            raise _Unreadable()
        for name, pair in values.items():
            if not isinstance(pair, list) or len(pair) != 2 or not all(isinstance(text, str) for text in pair):
                raise _Unreadable()
            self.chain.open(name, *pair)

    def end(self) -> None:
        if not self._begun:
            raise _Unreadable()
        last = max([self.head.number, *self._heads])
        if self.chain.number < last:
            raise Broken(self.chain.number + 1, N_("Entry %(number)s is missing: the log ends before it."))
        self.chain.check(self.head)


def _object_of(raw: bytes) -> dict[str, Any]:
    """What a line says; only the one way of writing it is taken."""
    try:
        text = raw.decode()
        said = json.loads(text)
        if not isinstance(said, dict) or canonical(said) + "\n" != text:
            raise _Unreadable()
    except (ValueError, RecursionError) as error:
        raise _Unreadable() from error
    return said


def _signed_of(said: Any) -> Signed:
    if not isinstance(said, dict) or said.keys() != {"number", "at", "seal", "key", "signature"}:
        raise _Unreadable()
    kinds = {"number": int, "at": str, "seal": str, "key": str, "signature": str}
    if not all(type(said[name]) is kind for name, kind in kinds.items()):
        raise _Unreadable()
    return Signed(**said)
