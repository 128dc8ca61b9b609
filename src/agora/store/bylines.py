"""Bylines: the persons and organisations that posts are published under, with or without an account."""

from typing import Any

from markupsafe import Markup
from sqlalchemy import JSON, ForeignKey, LargeBinary, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from agora.store.columns import Base, Identity, SafeHtml


class Byline(Base):
    __tablename__ = "bylines"

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    slug: Mapped[str] = mapped_column(String(100), unique=True)
    bio: Mapped[str] = mapped_column(Text, default="")
    bio_html: Mapped[Markup] = mapped_column(SafeHtml, default="")
    renderer: Mapped[int]
    links: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)  # {"label": …, "url": …}, in order
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"), index=True)
    portrait_name: Mapped[str | None] = mapped_column(ForeignKey("portraits.name", ondelete="SET NULL"))
    post_count: Mapped[int] = mapped_column(default=0)  # public ones


class Portrait(Base):
    """A picture of a byline, already cropped, small and without its metadata; named after its content."""

    __tablename__ = "portraits"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


def every_byline(session: Session) -> list[Byline]:
    return list(session.scalars(select(Byline).order_by(Byline.name, Byline.id)))


def byline_by_slug(session: Session, slug: str) -> Byline | None:
    return session.scalar(select(Byline).where(Byline.slug == slug))


def bylines_in_order(session: Session, ids: list[int]) -> list[Byline]:
    """The bylines with these ids, in the order asked for; unknown ids are left out."""
    found = {byline.id: byline for byline in session.scalars(select(Byline).where(Byline.id.in_(ids)))}
    return [found[id_] for id_ in dict.fromkeys(ids) if id_ in found]


def free_slug(session: Session, slug: str, but: int | None) -> bool:
    """Whether no other byline has this slug."""
    taken = session.scalar(select(Byline.id).where(Byline.slug == slug))
    return taken is None or taken == but
