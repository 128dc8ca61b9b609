"""The sealed log of moderation: entries in a hash chain, and the salts and values that stay outside of it."""

import json
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, Index, String, Text, delete, insert, or_, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from agora.rules.ledger import BEGINNING, Sealed, Signed, canonical, commitment, seal
from agora.store import versions
from agora.store.columns import Base, Identity, UtcDateTime


class LedgerEntry(Base):
    """One sealed fact. Nothing in it is about a person; it is never changed and never removed."""

    __tablename__ = "ledger"
    __table_args__ = (Index(None, "kind", "number"), Index(None, "comment_id"))

    number: Mapped[int] = mapped_column(Identity, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    facts: Mapped[str] = mapped_column(Text)  # canonical JSON: these bytes are what the seal covers
    previous: Mapped[str] = mapped_column(String(64))
    seal: Mapped[str] = mapped_column(String(64))
    # To find what belongs to it. Not sealed, and no foreign keys: an entry outlives everything.
    comment_id: Mapped[int | None] = mapped_column(Identity)
    post_id: Mapped[int | None] = mapped_column(Identity)


class LedgerSecret(Base):
    """What an entry binds to without telling: erasing the row makes the commitment mute and leaves the chain whole."""

    __tablename__ = "ledger_secrets"
    __table_args__ = (Index(None, "number"),)

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    number: Mapped[int] = mapped_column(ForeignKey("ledger.number"))
    name: Mapped[str] = mapped_column(String(32))
    salt: Mapped[str] = mapped_column(String(32))
    value: Mapped[str] = mapped_column(Text)


class Checkpoint(Base):
    """A signed statement of where the chain stood."""

    __tablename__ = "checkpoints"

    number: Mapped[int] = mapped_column(Identity, primary_key=True, autoincrement=False)  # of the entry it signs
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    seal: Mapped[str] = mapped_column(String(64))
    key: Mapped[str] = mapped_column(String(64))  # the public key, or its fingerprint
    signature: Mapped[str] = mapped_column(String(200))


@dataclass(frozen=True)
class _Waiting:
    kind: str
    at: datetime
    facts: dict[str, Any]
    private: dict[str, str] = field(default_factory=dict)


_LEDGER, _SECRETS = LedgerEntry.__table__, LedgerSecret.__table__
_HEAD = select(_LEDGER.c.number, _LEDGER.c.seal).order_by(_LEDGER.c.number.desc()).limit(1)


def append(
    session: Session, kind: str, *, at: datetime, facts: Mapping[str, Any], private: Mapping[str, str] | None = None
) -> None:
    """Seal these facts when the transaction is committed. `private` values appear as salted commitments only."""
    kept = {name: value for name, value in facts.items() if value not in (None, "", [], {})}
    session.info.setdefault("ledger", []).append(_Waiting(kind, at, kept, dict(private or {})))


def settle(session: Session) -> None:
    """Write down what was appended: last of all, because whoever appends next waits from here to the commit."""
    waiting: list[_Waiting] = session.info.pop("ledger", [])
    if not waiting:
        return
    take_turn(session)
    number, previous = head(session)
    for entry in waiting:
        number += 1
        previous = _write(session, entry, number, previous)
    versions.touch(session, versions.LOG)


def take_turn(session: Session) -> None:
    """Let nobody else write into the log until this transaction ends."""
    # On SQLite the whole database has one writer.
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('ledger', 0))"))


def head(session: Session) -> tuple[int, str]:
    """Number and seal of the last entry."""
    row = session.execute(_HEAD).first()
    return (int(row[0]), str(row[1])) if row else (0, BEGINNING)


def _write(session: Session, entry: _Waiting, number: int, previous: str) -> str:
    secret = [(name, secrets.token_hex(16), value) for name, value in sorted(entry.private.items()) if value]
    sealed = {name: commitment(salt, value) for name, salt, value in secret}
    facts = canonical({**entry.facts, "kind": entry.kind, "at": entry.at.isoformat(), **_if_any("private", sealed)})
    new = seal(number, facts, previous)
    row = {"number": number, "kind": entry.kind, "at": entry.at, "facts": facts, "previous": previous, "seal": new}
    about = {"comment_id": entry.facts.get("comment"), "post_id": entry.facts.get("post")}
    session.execute(insert(_LEDGER), row | about)  # type: ignore[arg-type]
    if secret:
        rows = [{"number": number, "name": name, "salt": salt, "value": value} for name, salt, value in secret]
        session.execute(insert(_SECRETS), rows)  # type: ignore[arg-type]
    return new


def _if_any(name: str, value: dict[str, str]) -> dict[str, Any]:
    return {name: value} if value else {}


# Reading it


def page(session: Session, kinds: Iterable[str], *, before: int | None, size: int) -> list[LedgerEntry]:
    """Entries of these kinds (none: of all), the latest first."""
    wanted = [LedgerEntry.kind == kind for kind in kinds] or [LedgerEntry.number > 0]
    found: list[LedgerEntry] = []
    # One kind after the other: each stands in its own order in the index, all together they don't.
    for kind in wanted:
        query = select(LedgerEntry).where(kind).order_by(LedgerEntry.number.desc()).limit(size)
        found += session.scalars(query if before is None else query.where(LedgerEntry.number < before))
    return sorted(found, key=lambda entry: -entry.number)[:size]


def of_kind(session: Session, kind: str) -> list[LedgerEntry]:
    """All entries of a kind of which there are few, the earliest first."""
    return list(session.scalars(select(LedgerEntry).where(LedgerEntry.kind == kind).order_by(LedgerEntry.number)))


def values(session: Session, numbers: Iterable[int], name: str) -> dict[int, str]:
    """By entry, its private value of this name, where it has one that was not erased."""
    query = select(LedgerSecret.number, LedgerSecret.value)
    rows = session.execute(query.where(LedgerSecret.number.in_(list(numbers)), LedgerSecret.name == name))
    return {number: value for number, value in rows}


def latest_checkpoint(session: Session) -> Checkpoint | None:
    return session.scalars(select(Checkpoint).order_by(Checkpoint.number.desc()).limit(1)).first()


def announced_key(session: Session) -> LedgerEntry | None:
    """The entry that announced the key which signs now."""
    query = select(LedgerEntry).where(LedgerEntry.kind == "log.key").order_by(LedgerEntry.number.desc())
    return session.scalars(query.limit(1)).first()


@dataclass(frozen=True)
class Read:
    """An entry with all that belongs to it. `values` are (name, salt, value)."""

    entry: LedgerEntry
    values: list[tuple[str, str, str]]
    checkpoint: Checkpoint | None

    @property
    def sealed(self) -> Sealed:
        return Sealed(self.entry.number, self.entry.facts, self.entry.previous, self.entry.seal)


def facts_of(entry: LedgerEntry) -> dict[str, Any]:
    """What an entry says, as it was sealed."""
    facts: dict[str, Any] = json.loads(entry.facts)
    return facts


BATCH = 1000


def read(session: Session, *, after: int = 0, until: int, private: bool) -> Iterator[list[Read]]:
    """The log from an entry on, in batches: however long it is, memory holds one of them."""
    while found := batch(session, after=after, until=until, private=private):
        yield found
        after = found[-1].entry.number
        session.expunge_all()


def batch(session: Session, *, after: int, until: int, private: bool = False) -> list[Read]:
    """The next entries of the log."""
    entries = _batch(session, after, until)
    if not entries:
        return []
    numbers = (entries[0].number, entries[-1].number)
    kept = _secrets(session, numbers) if private else {}
    query = select(Checkpoint).where(Checkpoint.number.between(*numbers))
    signed = {checkpoint.number: checkpoint for checkpoint in session.scalars(query)}
    return [Read(entry, kept.get(entry.number, []), signed.get(entry.number)) for entry in entries]


def _batch(session: Session, after: int, until: int) -> list[LedgerEntry]:
    query = select(LedgerEntry).where(LedgerEntry.number > after, LedgerEntry.number <= until)
    return list(session.scalars(query.order_by(LedgerEntry.number).limit(BATCH)))


def _secrets(session: Session, numbers: tuple[int, int]) -> dict[int, list[tuple[str, str, str]]]:
    query = select(LedgerSecret.number, LedgerSecret.name, LedgerSecret.salt, LedgerSecret.value)
    query = query.where(LedgerSecret.number.between(*numbers)).order_by(LedgerSecret.number, LedgerSecret.name)
    found: dict[int, list[tuple[str, str, str]]] = {}
    for number, name, salt, value in session.execute(query):
        found.setdefault(number, []).append((name, salt, value))
    return found


def signed(checkpoint: Checkpoint) -> Signed:
    """A checkpoint as it was signed."""
    at = checkpoint.at.astimezone(UTC).isoformat()
    return Signed(checkpoint.number, at, checkpoint.seal, checkpoint.key, checkpoint.signature)


# Erasing what is private


def forget(session: Session, comment_ids: Iterable[int]) -> int:
    """Erase the private values of all entries about these comments; tells how many. The chain stays whole."""
    ids = set(comment_ids)
    _leave_out(session, lambda entry: entry.facts.get("comment") in ids)
    about = select(LedgerEntry.number).where(LedgerEntry.comment_id.in_(ids))
    return _erase(session, LedgerSecret.number.in_(about))


def forget_entries(
    session: Session, name: str, value: str, *, comment_ids: Iterable[int] = (), kinds: Iterable[str] = ()
) -> int:
    """Erase all private values of the entries that bind to this one, such as those about an address.

    They are looked for among the entries about these comments, or of these kinds: values stand in no index.
    """
    _leave_out(session, lambda entry: entry.private.get(name) == value)
    among = [LedgerEntry.comment_id.in_(list(comment_ids)), LedgerEntry.kind.in_(list(kinds))]
    about = (
        select(LedgerSecret.number)
        .join(LedgerEntry, LedgerEntry.number == LedgerSecret.number)
        .where(or_(*among), LedgerSecret.name == name, LedgerSecret.value == value)
    )
    return _erase(session, LedgerSecret.number.in_(about))


def _leave_out(session: Session, which: Callable[[_Waiting], bool]) -> None:
    """What this transaction appended is not sealed yet: it says nothing private then.

    Sealed now, it would keep others waiting before the tallies are counted, and two could wait for each other.
    """
    for entry in filter(which, session.info.get("ledger", [])):
        entry.private.clear()


def _erase(session: Session, which: ColumnElement[bool]) -> int:
    erased: Any = session.execute(delete(LedgerSecret).where(which), execution_options={"synchronize_session": False})
    return int(erased.rowcount)
