"""Measures against people (art. 23 of the Digital Services Act): warnings, holds, suspensions; and notes about them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, bindparam, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from agora.rules.measures import Against, MeasureKind
from agora.store.columns import Base, Identity, UtcDateTime, Words, one_of
from agora.store.comments import Comment, Commenter

__all__ = ["Measure", "MeasureKind", "Note", "Order"]


class Measure(Base):
    """Something imposed on an address, an account or a network, openly and for a stated time."""

    __tablename__ = "measures"
    __table_args__ = (
        one_of("kind", MeasureKind),
        CheckConstraint("commenter_id IS NOT NULL OR person_id IS NOT NULL OR source <> ''", name="against_somebody"),
        Index(None, "commenter_id", "ended_at"),
        Index(None, "person_id", "ended_at"),
        Index(None, "source", "ended_at"),
        Index(None, "until"),
        Index(None, "created_by"),
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    reference: Mapped[str] = mapped_column(String(32), unique=True)  # public, such as M-2026-7F3K-Q9
    kind: Mapped[MeasureKind] = mapped_column(Words(MeasureKind))
    commenter_id: Mapped[int | None] = mapped_column(ForeignKey("commenters.id", ondelete="CASCADE"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    source: Mapped[str] = mapped_column(String(32), default="")  # keyed hash of a network; always with an end
    clause: Mapped[int | None]
    charter_id: Mapped[int | None] = mapped_column(ForeignKey("charters.id"), index=True)
    explanation: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    acknowledged_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # before its time, or with it
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"), index=True)

    @property
    def against(self) -> Against:
        if self.commenter_id is not None:
            return Against.ADDRESS
        return Against.ACCOUNT if self.person_id is not None else Against.NETWORK

    def holds(self, now: datetime) -> bool:
        """Whether it still has its effect."""
        return self.ended_at is None and (self.until is None or self.until > now)


class Note(Base):
    """What moderators tell one another about a commenter."""

    __tablename__ = "notes"
    __table_args__ = (Index(None, "commenter_id", "id"), Index(None, "person_id"))

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    commenter_id: Mapped[int] = mapped_column(ForeignKey("commenters.id", ondelete="CASCADE"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class Order(Base):
    """An order of an authority to act against content or to give information (arts 9 and 10)."""

    __tablename__ = "orders"
    __table_args__ = (Index(None, "received_at", "id"), Index(None, "created_by"))

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    reference: Mapped[str] = mapped_column(String(32), unique=True)  # public, such as O-2026-7F3K-Q9
    authority: Mapped[str] = mapped_column(String(200))
    country: Mapped[str] = mapped_column(String(2))  # ISO 3166-1
    kind: Mapped[str] = mapped_column(String(16))  # "act" (art. 9) or "inform" (art. 10)
    subject: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    carried_out_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    outcome: Mapped[str] = mapped_column(Text, default="")
    created_by: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))


class InForce(NamedTuple):
    """As much of a measure as stands in somebody's way."""

    id: int
    kind: MeasureKind
    until: datetime | None
    by_network: bool


_measures: Any = Measure.__table__
_HOLDS = (_measures.c.ended_at.is_(None), or_(_measures.c.until.is_(None), _measures.c.until > bindparam("now")))
_IN_FORCE = select(_measures.c.id, _measures.c.kind, _measures.c.until, _measures.c.source != "").where(
    or_(
        _measures.c.commenter_id == bindparam("commenter_id"),
        _measures.c.person_id == bindparam("person_id"),
        _measures.c.source == bindparam("source"),
    ),
    *_HOLDS,
)
# Of several, what weighs most comes first.
_WEIGHT = (MeasureKind.SUSPENSION, MeasureKind.WARNING, MeasureKind.HOLD, MeasureKind.NO_REPORTS)


def in_force(
    session: Session, commenter_id: int | None, person_id: int | None, source: str, now: datetime
) -> list[InForce]:
    """The measures that hold against an address, an account or a network, the heaviest first."""
    # Nobody is at 0, and no source is written like that.
    asked = {"commenter_id": commenter_id or 0, "person_id": person_id or 0, "source": source or "-", "now": now}
    found = [InForce(*row) for row in session.execute(_IN_FORCE, asked)]
    return sorted(found, key=lambda measure: _WEIGHT.index(measure.kind)) if found else found


def all_in_force(session: Session, now: datetime, *, before: int | None = None, size: int) -> list[Measure]:
    """Every measure that holds, the latest first."""
    query = select(Measure).where(Measure.ended_at.is_(None), or_(Measure.until.is_(None), Measure.until > now))
    if before is not None:
        query = query.where(Measure.id < before)
    return list(session.scalars(query.order_by(Measure.id.desc()).limit(size)))


def of_addresses(session: Session, commenter_ids: Iterable[int]) -> list[Measure]:
    """All measures that there ever were against these addresses, the latest first."""
    query = select(Measure).where(Measure.commenter_id.in_(list(commenter_ids)))
    return list(session.scalars(query.order_by(Measure.id.desc())))


def notes_about(session: Session, commenter_ids: Iterable[int]) -> list[Note]:
    """What moderators noted about these addresses, the earliest first."""
    return list(session.scalars(select(Note).where(Note.commenter_id.in_(list(commenter_ids))).order_by(Note.id)))


def wants_letters(session: Session, commenter_id: int) -> bool:
    """Whether an address asked for letters about any of its comments."""
    query = select(Comment.id).where(Comment.commenter_id == commenter_id, Comment.letters.is_(True)).limit(1)
    return session.scalar(query) is not None


def last_language(session: Session, commenter_id: int) -> str | None:
    """The language of the discussion in which an address wrote last."""
    query = select(Comment.language).where(Comment.commenter_id == commenter_id).order_by(Comment.id.desc())
    return session.scalar(query.limit(1))


def email_of(session: Session, commenter_id: int) -> str:
    return session.scalar(select(Commenter.email).where(Commenter.id == commenter_id)) or ""
