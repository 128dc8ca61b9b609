"""One letter a day about all that waits, for moderators who prefer that to a letter for each comment."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from agora.rules.hours import digest_since
from agora.store import calls, database, events

# A digest that could not be written at its hour, because nothing ran, comes as late as this and no later.
LATE = timedelta(hours=6)


def plan(session: Session, zone: ZoneInfo, *, now: datetime) -> int:
    """Leave the digests that are due by now to be written, each once however many workers run; how many."""
    database.lock(session, "digests")
    due = [
        person_id for person_id, hour in calls.digest_readers(session) if _is_due(session, person_id, hour, zone, now)
    ]
    if due:
        event = events.record(session, "digest.planned", at=now)
        events.deliver(session, event, calls.DIGEST, *({"person_id": person_id} for person_id in due))
    return len(due)


def _is_due(session: Session, person_id: int, hour: int, zone: ZoneInfo, now: datetime) -> bool:
    since = digest_since(now, hour, zone)
    return now - since <= LATE and not calls.had_digest(session, person_id, since)
