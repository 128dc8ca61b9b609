"""The policy as it read from one moment on: what judged a comment names the version."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import JSON, ForeignKey, Text, cast, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from agora.store.columns import Base, Identity, UtcDateTime


class Policy(Base):
    __tablename__ = "policies"

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    source: Mapped[dict[str, Any]] = mapped_column(JSON)  # as rules/policy.py reads it
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"), index=True)


class Version(NamedTuple):
    """A version as the application keeps it: its source is JSON, which need not be read anew for each comment."""

    id: int
    source: str


# Both of the version in force, in one row that other statements can join.
_POLICIES: Any = Policy.__table__
LATEST = select(_POLICIES.c.id, cast(_POLICIES.c.source, Text).label("source")).order_by(_POLICIES.c.id.desc()).limit(1)


def current_version(session: Session) -> Version | None:
    """None where nobody has changed what the settings say."""
    row = session.execute(LATEST).first()
    return Version(*row) if row else None


def current_id(session: Session) -> int | None:
    return session.scalar(select(Policy.id).order_by(Policy.id.desc()).limit(1))


def current_policy(session: Session) -> Policy | None:
    """The policy in force; None where nobody has changed what the settings say."""
    return session.scalars(select(Policy).order_by(Policy.id.desc()).limit(1)).first()
