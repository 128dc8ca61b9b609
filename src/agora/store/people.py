"""People with an account, their sessions at the desk, and the one-time links they sign in with."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, delete, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from agora.rules.permissions import MAY, Deed, Role
from agora.store.columns import Base, Identity, UtcDateTime, Words, one_of


class Person(Base):
    __tablename__ = "people"
    __table_args__ = (
        one_of("role", Role),
        CheckConstraint("language IN ('fr', 'en')", name="language_known"),
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    email: Mapped[str] = mapped_column(String(254), unique=True)
    role: Mapped[Role] = mapped_column(Words(Role))
    language: Mapped[str] = mapped_column(String(8))
    password_hash: Mapped[str | None] = mapped_column(Text)
    letters: Mapped[bool] = mapped_column(default=True)  # wants a letter when a comment waits
    # Letters about what waits: at once, or all of a day at this hour; none between these hours of the site's time zone.
    digest_hour: Mapped[int | None]
    quiet_from: Mapped[int | None]
    quiet_to: Mapped[int | None]
    named_in_log: Mapped[bool] = mapped_column(default=False)  # wishes to be named beside their decisions
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class DeskSession(Base):
    """One browser at which a person is signed in; its cookie is kept only as a hash."""

    __tablename__ = "sessions"
    __table_args__ = (Index(None, "person_id"),)

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    browser: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)

    person: Mapped[Person] = relationship(lazy="raise")


class SignInLink(Base):
    """A link that signs in once. The row is what makes it single-use."""

    __tablename__ = "sign_in_links"
    __table_args__ = (Index(None, "person_id"),)

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


def person_by_email(session: Session, email: str) -> Person | None:
    return session.scalar(select(Person).where(Person.email == email, Person.closed_at.is_(None)))


def email_is_taken(session: Session, email: str) -> bool:
    return session.scalar(select(Person.id).where(Person.email == email)) is not None


def names_of(session: Session, ids: set[int]) -> dict[int, str]:
    """The names of these people."""
    if not ids:
        return {}
    return {id_: name for id_, name in session.execute(select(Person.id, Person.name).where(Person.id.in_(ids)))}


def everyone(session: Session) -> list[Person]:
    return list(session.scalars(select(Person).order_by(Person.name, Person.id)))


_MODERATORS = (
    select(Person.id)
    .where(
        Person.role.in_(sorted(MAY[Deed.MODERATE])),
        Person.closed_at.is_(None),
        Person.letters.is_(True),
        Person.digest_hour.is_(None),
    )
    .order_by(Person.id)
)


def moderators(session: Session) -> list[int]:
    """The ids of those who moderate and want a letter at once."""
    return list(session.scalars(_MODERATORS))


def another_moderator(session: Session, person_id: int) -> bool:
    """Whether anybody else could decide in this person's place."""
    query = select(Person.id).where(
        Person.role.in_(sorted(MAY[Deed.MODERATE])), Person.closed_at.is_(None), Person.id != person_id
    )
    return session.scalar(query.limit(1)) is not None


def named_in_log(session: Session, ids: Iterable[int]) -> dict[int, str]:
    """The names of those of these people who wish to be named beside what they decide."""
    query = select(Person.id, Person.name).where(Person.id.in_(list(ids)), Person.named_in_log.is_(True))
    return {id_: name for id_, name in session.execute(query.where(Person.closed_at.is_(None)))}


def count_administrators(session: Session) -> int:
    query = select(func.count(Person.id)).where(Person.role == Role.ADMINISTRATOR, Person.closed_at.is_(None))
    return session.scalar(query) or 0


def an_administrator(session: Session) -> Person | None:
    """The administrator of longest standing."""
    query = select(Person).where(Person.role == Role.ADMINISTRATOR, Person.closed_at.is_(None))
    return session.scalar(query.order_by(Person.id).limit(1))


def current_session(session: Session, token_hash: str, now: datetime) -> tuple[DeskSession, Person] | None:
    """The session behind a cookie with its person, unless it has ended or the account was closed."""
    query = (
        select(DeskSession, Person)
        .join(Person, Person.id == DeskSession.person_id)
        .where(DeskSession.token_hash == token_hash, DeskSession.expires_at > now, Person.closed_at.is_(None))
    )
    row = session.execute(query).first()
    return (row[0], row[1]) if row else None


def sessions_of(session: Session, person: Person, now: datetime) -> list[DeskSession]:
    query = select(DeskSession).where(DeskSession.person_id == person.id, DeskSession.expires_at > now)
    return list(session.scalars(query.order_by(DeskSession.id.desc())))


def use_link(session: Session, link_id: int, now: datetime) -> Person | None:
    """Use a one-time link up; None if it was used before, is too old, or the account was closed."""
    used = session.execute(
        update(SignInLink)
        .where(SignInLink.id == link_id, SignInLink.used_at.is_(None), SignInLink.expires_at > now)
        .values(used_at=now)
        .returning(SignInLink.person_id)
    ).scalar()
    person = session.get(Person, used) if used is not None else None
    return person if person and person.closed_at is None else None


def forget_ended(session: Session, now: datetime) -> None:
    """Remove sessions and one-time links that have had their time."""
    session.execute(delete(DeskSession).where(DeskSession.expires_at < now))
    session.execute(delete(SignInLink).where(SignInLink.expires_at < now))
