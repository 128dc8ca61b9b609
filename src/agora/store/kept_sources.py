"""From where comments were sent: kept apart from them, for a time, and looked at only with a reason."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from agora.store.columns import Base, UtcDateTime
from agora.store.prepared import insert_of


class Source(Base):
    """From where a comment was sent, kept apart from it and destroyed on time (décret 2021-1362)."""

    __tablename__ = "sources"

    comment_id: Mapped[int] = mapped_column(
        ForeignKey("comments.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    address: Mapped[str] = mapped_column(String(45))
    port: Mapped[int | None]
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


_NEW = insert_of(Source.__table__, "comment_id", "address", "port", "at", id_=False)  # type: ignore[arg-type]


def keep(session: Session, comment_id: int, *, address: str, port: int | None, at: datetime) -> None:
    _NEW.run(session, {"comment_id": comment_id, "address": address[:45], "port": port, "at": at})


def of_comments(session: Session, comment_ids: Iterable[int]) -> list[Source]:
    """What is still kept of these comments, the earliest first."""
    query = select(Source).where(Source.comment_id.in_(list(comment_ids))).order_by(Source.at)
    return list(session.scalars(query))
