"""Measures against people (art. 23 of the Digital Services Act): warnings, holds, suspensions; and notes about them."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from agora.store.columns import Base, Identity, UtcDateTime, Words, one_of


class MeasureKind(StrEnum):
    WARNING = "warning"  # must be acknowledged before the next comment
    HOLD = "hold"  # everything waits for a moderator
    SUSPENSION = "suspension"  # nothing is taken
    NO_REPORTS = "no-reports"  # notices are not taken (art. 23(2))


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


class Note(Base):
    """What moderators tell one another about a commenter."""

    __tablename__ = "notes"
    __table_args__ = (Index(None, "commenter_id", "id"), Index(None, "person_id"))

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    commenter_id: Mapped[int] = mapped_column(ForeignKey("commenters.id", ondelete="CASCADE"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class Source(Base):
    """From where a comment was sent, kept apart from it and destroyed on time (décret 2021-1362)."""

    __tablename__ = "sources"

    comment_id: Mapped[int] = mapped_column(
        ForeignKey("comments.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    address: Mapped[str] = mapped_column(String(45))
    port: Mapped[int | None]
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


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
