"""Whom letters about what waits go to, and when: quiet hours, and who wants all of a day at once."""

from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from agora.rules.permissions import MAY, Deed
from agora.store.events import Delivery, Event
from agora.store.people import Person

DIGEST = "digest"
# Letters that call somebody to work: these can wait for the end of their quiet hours.
CALLS = frozenset({"comment-waits", "report-waits", "appeal-waits", DIGEST})


def quiet_hours(session: Session, delivery_id: int) -> tuple[int | None, int | None]:
    """Between which hours whom this letter is for wants no such letter."""
    query = (
        select(Person.quiet_from, Person.quiet_to)
        .join(Delivery, Delivery.person_id == Person.id)
        .where(Delivery.id == delivery_id, Delivery.letter.in_(CALLS))
    )
    row = session.execute(query).first()
    return (row[0], row[1]) if row else (None, None)


def digest_readers(session: Session) -> list[tuple[int, int]]:
    """(id, hour) of those who moderate and want one letter a day."""
    query = select(Person.id, Person.digest_hour).where(
        Person.role.in_(sorted(MAY[Deed.MODERATE])),
        Person.closed_at.is_(None),
        Person.letters.is_(True),
        Person.digest_hour.is_not(None),
    )
    return [(id_, hour) for id_, hour in session.execute(query.order_by(Person.id)) if hour is not None]


def had_digest(session: Session, person_id: int, since: datetime) -> bool:
    """Whether a digest was planned for this person since then."""
    planned = exists().where(
        Delivery.person_id == person_id,
        Delivery.letter == DIGEST,
        Delivery.event_id == Event.id,
        Event.at >= since,
    )
    return bool(session.scalar(select(planned)))
