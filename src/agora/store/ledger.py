"""The sealed log of moderation: entries in a hash chain, and the salts and values that stay outside of it."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, insert, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from agora.rules.ledger import BEGINNING, canonical, commitment, seal
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
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('ledger', 0))"))
    number, previous = _head(session)
    for entry in waiting:
        number += 1
        previous = _write(session, entry, number, previous)


def _head(session: Session) -> tuple[int, str]:
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
