"""Retention clocks: what was kept for a time is destroyed when it is over, a little at a time, by itself."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from agora.actions import privacy
from agora.settings import Settings
from agora.store import ledger
from agora.store import privacy as store
from agora.store.comments import Commenter

# Rows in one transaction.
BATCH = 500
# Addresses of which one run finds out whether anything came from them lately.
LOOKED_AT = 500


@dataclass
class Position:
    """How far the addresses were looked through; a start begins anew."""

    after: int = 0


def sweep(session: Session, settings: Settings, position: Position, *, now: datetime) -> bool:
    """Destroy a batch of each kind of what has had its time; whether there may be more."""
    before = now - timedelta(days=settings.retention_sources_days)
    swept = [
        store.drop_sources(session, before, size=BATCH),
        store.blank_sources(session, before, size=BATCH),
        privacy.erase_what_was_put_off(session, now=now, size=BATCH // 10),
        _forget_accounts(session, settings, now),
    ]
    return max(swept) >= BATCH or _forget_identities(session, settings, position, now)


def _forget_identities(session: Session, settings: Settings, position: Position, now: datetime) -> bool:
    before = now - timedelta(days=settings.retention_identity_days)
    old, position.after = store.out_of_touch(session, before, after=position.after, size=LOOKED_AT)
    for id_ in store.who_reported(session, old):
        email, reported = session.get_one(Commenter, id_).email, store.reported_by(session, [id_])
        ledger.forget_entries(session, "email", email, comment_ids=reported)
    store.forget_identities(session, old)
    return position.after > 0


def _forget_accounts(session: Session, settings: Settings, now: datetime) -> int:
    before = now - timedelta(days=settings.retention_accounts_days)
    found = store.closed_accounts(session, before, size=BATCH)
    for person in found:
        store.forget_account(session, person)
    return len(found)
