"""Accounts: adding people, signing in by password or by a link, ending sessions."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete
from sqlalchemy.orm import Session

from agora.rules import limits, urls
from agora.rules.errors import N_, Conflict, FieldErrors, Message, NotFound, Refused
from agora.rules.permissions import Role
from agora.store import database, events, people, versions
from agora.store.people import DeskSession, Person, SignInLink
from agora.tokens import LIFETIMES, fingerprint

SESSION_LIFE = timedelta(days=30)

_hasher = PasswordHasher()


@lru_cache(maxsize=1)
def _nobody() -> str:
    """A hash to check where there is no such person, so that the answer takes as long as for those who exist."""
    return _hasher.hash(secrets.token_urlsafe(16))


_WRONG = Message(N_("This address and this password do not go together."))


def add_person(
    session: Session, *, name: str, email: str, role: Role, language: str, password: str | None, now: datetime
) -> Person:
    """Give somebody an account. Raises FieldErrors for `name`, `email` and `password`."""
    errors = {}
    address = urls.email_address(email)
    if not name.strip() or len(name) > limits.NAME:
        errors["name"] = Message(N_("Please give a name of at most %(limit)s characters."), {"limit": limits.NAME})
    if not address:
        errors["email"] = Message(N_("This does not look like an e-mail address."))
    elif people.email_is_taken(session, address):
        errors["email"] = Message(N_("Somebody already has this address."))
    if password is not None and (trouble := password_trouble(password)):
        errors["password"] = trouble
    if errors or not address:
        raise FieldErrors(errors)
    person = Person(
        name=name.strip(),
        email=address,
        role=role,
        language=language,
        password_hash=_hasher.hash(password) if password else None,
        created_at=now,
    )
    session.add(person)
    session.flush()
    events.record(session, "person.added", at=now, person_id=person.id, details={"role": role})
    return person


def password_trouble(password: str) -> Message | None:
    """What is wrong with a new password (NIST SP 800-63B, 3.1.1: length counts, not composition)."""
    if len(password) < limits.PASSWORD_MIN:
        return Message(N_("A password needs at least %(limit)s characters."), {"limit": limits.PASSWORD_MIN})
    if len(password) > limits.PASSWORD_MAX:
        return Message(N_("A password has at most %(limit)s characters."), {"limit": limits.PASSWORD_MAX})
    return None


def hash_password(password: str) -> str:
    """Raises FieldErrors for `password`. Takes long, on purpose."""
    if trouble := password_trouble(password):
        raise FieldErrors({"password": trouble})
    return _hasher.hash(password)


def set_password(session: Session, person: Person, hashed: str, *, keep: DeskSession) -> None:
    """Set a password, by its hash, and end every other session of this person."""
    person.password_hash = hashed
    session.execute(delete(DeskSession).where(DeskSession.person_id == person.id, DeskSession.id != keep.id))


@dataclass(frozen=True)
class Letters:
    """When somebody wants letters about what waits: at once, or all of a day at an hour; none in quiet hours."""

    wanted: bool = True
    digest_hour: int | None = None
    quiet_from: int | None = None
    quiet_to: int | None = None


def change_account(
    session: Session, person: Person, *, name: str, language: str, letters: Letters, named_in_log: bool = False
) -> None:
    """What people set for themselves. Raises FieldErrors for `name`."""
    if not name.strip() or len(name) > limits.NAME:
        raise FieldErrors(
            {"name": Message(N_("Please give a name of at most %(limit)s characters."), {"limit": limits.NAME})}
        )
    person.name, person.language = name.strip(), language
    person.letters, person.digest_hour = letters.wanted, letters.digest_hour
    person.quiet_from, person.quiet_to = letters.quiet_from, letters.quiet_to
    if named_in_log or person.named_in_log:  # the log shows the name, or no longer
        versions.touch(session, versions.LOG)
    person.named_in_log = named_in_log


def change_role(session: Session, person: Person, role: Role, *, by: Person, now: datetime) -> None:
    if person.role is Role.ADMINISTRATOR and role is not Role.ADMINISTRATOR:
        _keep_an_administrator(session)
    person.role = role
    events.record(session, "person.role-changed", at=now, person_id=by.id, details={"of": person.id, "role": role})


def close_account(session: Session, person: Person, *, by: Person, now: datetime) -> None:
    """End somebody's access; what they wrote stays."""
    if person.role is Role.ADMINISTRATOR:
        _keep_an_administrator(session)
    person.closed_at = now
    session.execute(delete(DeskSession).where(DeskSession.person_id == person.id))
    events.record(session, "person.closed", at=now, person_id=by.id, details={"of": person.id})


def _keep_an_administrator(session: Session) -> None:
    database.lock(session, "administrators")  # of two who leave at once, the second sees that the first has left
    if people.count_administrators(session) < 2:
        raise Conflict(N_("This is the only administrator; the site needs one."))


@dataclass(frozen=True)
class Comparison:
    """A password compared with the hash that an account had; `renewed` is a stronger hash, where one is due."""

    known: str | None
    fits: bool
    renewed: str | None = None


def compare_password(session: Session, email: str, password: str) -> Comparison:
    """Takes long, on purpose, and as long where there is no such account."""
    person = people.person_by_email(session, urls.email_address(email) or "")
    known = person.password_hash if person else None
    try:
        _hasher.verify(known or _nobody(), password[: limits.PASSWORD_MAX])
    except (VerificationError, InvalidHashError):
        return Comparison(known, fits=False)
    if known is None:
        return Comparison(None, fits=False)
    return Comparison(known, True, _hasher.hash(password) if _hasher.check_needs_rehash(known) else None)


def check_password(session: Session, email: str, password: str, *, compared: Comparison | None = None) -> Person:
    """The person with this address and password, which were `compared` before. Raises FieldErrors for `password`."""
    compared = compared or compare_password(session, email, password)
    person = people.person_by_email(session, urls.email_address(email) or "")
    if person is None or not compared.fits or person.password_hash != compared.known:
        raise FieldErrors({"password": _WRONG})
    if compared.renewed:
        person.password_hash = compared.renewed
    return person


def new_sign_in_link(session: Session, person: Person, *, now: datetime) -> SignInLink:
    """A link that signs this person in once, within half an hour."""
    link = SignInLink(
        person_id=person.id, created_at=now, expires_at=now + timedelta(seconds=LIFETIMES["sign-in"]), used_at=None
    )
    session.add(link)
    session.flush()
    return link


def send_sign_in_link(session: Session, email: str, *, now: datetime) -> None:
    """Leave a letter with a link for the person with this address; silent if there is none, so that nobody can ask."""
    person = people.person_by_email(session, urls.email_address(email) or "")
    if person:
        link = new_sign_in_link(session, person, now=now)
        event = events.record(session, "person.link-asked", at=now, person_id=person.id)
        events.deliver(session, event, "sign-in", {"person_id": person.id, "details": {"link": link.id}})


def use_sign_in_link(session: Session, link_id: int, *, now: datetime) -> Person:
    person = people.use_link(session, link_id, now)
    if person is None:
        raise Refused(N_("This link was used already, or is too old. Ask for a new one."), status=403)
    return person


def open_session(session: Session, person: Person, *, browser: str, now: datetime) -> str:
    """Sign a person in: the cookie's value, of which the store keeps only a hash."""
    token = secrets.token_urlsafe(32)
    session.add(
        DeskSession(
            token_hash=fingerprint(token),
            person_id=person.id,
            browser=browser[:120],
            created_at=now,
            expires_at=now + SESSION_LIFE,
        )
    )
    events.record(session, "person.signed-in", at=now, person_id=person.id)
    return token


def end_session(session: Session, person: Person, session_id: int) -> None:
    """Sign a browser of this person out."""
    found = session.get(DeskSession, session_id)
    if found is None or found.person_id != person.id:
        raise NotFound()
    session.delete(found)
