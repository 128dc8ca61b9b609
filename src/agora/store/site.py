"""What the whole site has once: its name and choices, the charter's versions, the counters of the rate limits."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, bindparam, delete, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from agora.rules import charter
from agora.rules.policy import Mode
from agora.store.columns import Base, Identity, UtcDateTime, Words, one_of


class Site(Base):
    """The one row of choices that an administrator makes at the desk."""

    __tablename__ = "site"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"), one_of("moderation", Mode))

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    title: Mapped[str] = mapped_column(String(120))
    tagline: Mapped[str] = mapped_column(String(300), default="")
    moderation: Mapped[Mode | None] = mapped_column(Words(Mode))  # None: as the settings say
    contact: Mapped[str] = mapped_column(String(254), default="")
    authors_moderate: Mapped[bool] = mapped_column(default=False)  # the discussions under their own posts
    # Set once: the authority and date of the feeds' tag: ids (RFC 4151), which outlive a change of domain.
    tag_authority: Mapped[str] = mapped_column(String(300))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Choices(NamedTuple):
    """The same row as pages read it, which takes half as long."""

    title: str
    tagline: str
    moderation: Mode | None
    contact: str
    authors_moderate: bool
    tag_authority: str
    created_at: datetime


class CharterVersion(Base):
    """The charter as it read from one moment on: decisions name the version that they rest on."""

    __tablename__ = "charters"

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    source: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(String(8))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"), index=True)


class RateCount(Base):
    """How often a source did something in one window of time."""

    __tablename__ = "rate_counts"

    deed: Mapped[str] = mapped_column(String(32), primary_key=True)
    source: Mapped[str] = mapped_column(String(64), primary_key=True)
    window: Mapped[int] = mapped_column(
        Identity, primary_key=True, autoincrement=False
    )  # seconds since 1970 at which the window began
    count: Mapped[int]
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


# Asked on every page, so written once: SQLAlchemy takes longer to put them together than the database to answer.
_THE_SITE = select(Site)
_CHOICES = select(*(Site.__table__.c[name] for name in Choices._fields))
_charter = CharterVersion.__table__.c
_CHARTER_SOURCES = select(_charter.id, _charter.source).where(_charter.id.in_(bindparam("ids", expanding=True)))


def the_site(session: Session) -> Site:
    return session.scalars(_THE_SITE).one()


def choices(session: Session) -> Choices:
    return Choices._make(session.execute(_CHOICES).one())


def is_initialised(session: Session) -> bool:
    return session.scalar(select(Site.id)) is not None


def current_charter(session: Session) -> CharterVersion:
    return session.scalars(select(CharterVersion).order_by(CharterVersion.id.desc()).limit(1)).one()


def charter_versions(session: Session) -> list[CharterVersion]:
    """Every version, the earliest first."""
    return list(session.scalars(select(CharterVersion).order_by(CharterVersion.id)))


def charter_version(session: Session, charter_id: int) -> CharterVersion | None:
    return session.get(CharterVersion, charter_id)


def charter_sources(session: Session, ids: set[int]) -> dict[int, str]:
    """The texts of these versions of the charter."""
    if not ids:
        return {}
    return {id_: source for id_, source in session.execute(_CHARTER_SOURCES, {"ids": list(ids)})}


def clause_titles(session: Session, charter_ids: set[int]) -> dict[tuple[Any, Any], str]:
    """How the clauses of these versions of the charter are called, by version and number."""
    return {
        (charter_id, clause.number): clause.title
        for charter_id, source in charter_sources(session, charter_ids).items()
        for clause in charter.parse(source).clauses
    }


_COUNTS: Any = RateCount.__table__
_ONE_MORE = text(
    'INSERT INTO rate_counts (deed, source, "window", count, ends_at) VALUES (:deed, :source, :window, 1, :ends_at)'
    ' ON CONFLICT (deed, source, "window") DO UPDATE SET count = rate_counts.count + 1 RETURNING count'
).bindparams(bindparam("ends_at", type_=UtcDateTime))
_SO_FAR = select(_COUNTS.c.count).where(
    _COUNTS.c.deed == bindparam("deed"),
    _COUNTS.c.source == bindparam("source"),
    _COUNTS.c.window == bindparam("window"),
)


def count_deed(session: Session, deed: str, source: str, *, window: int, ends_at: datetime) -> int:
    """Count one more deed of this source in this window, and tell how many there are."""
    counted = {"deed": deed, "source": source, "window": window, "ends_at": ends_at}
    return int(session.execute(_ONE_MORE, counted).scalar_one())


def deeds_so_far(session: Session, deed: str, source: str, *, window: int) -> int:
    """How many deeds of this source were counted in this window."""
    return session.execute(_SO_FAR, {"deed": deed, "source": source, "window": window}).scalar() or 0


def forget_counts(session: Session, now: datetime) -> None:
    session.execute(delete(RateCount).where(RateCount.ends_at < now))
