"""Rate limits per source, counted in the database so that they hold across processes and restarts."""

from datetime import UTC, datetime

from sqlalchemy.orm import Session

from agora.rules.errors import N_, Refused
from agora.rules.limits import RATES
from agora.store import site


def spend(session: Session, deed: str, source: str, *, now: datetime) -> None:
    """Count one deed of this source. Raises Refused (429, with the seconds to wait) beyond its rate.

    A refusal is undone with its transaction, so the count stays at the limit and frees itself with the window.
    """
    window, ends_at = _window(deed, now)
    count = site.count_deed(session, deed, source, window=window, ends_at=ends_at)
    if count > RATES[deed].count:
        raise _too_often(ends_at, now)


def check(session: Session, deed: str, source: str, *, now: datetime) -> None:
    """Raises Refused where one more deed would be beyond the rate; counts nothing: a look before something slow."""
    window, ends_at = _window(deed, now)
    if site.deeds_so_far(session, deed, source, window=window) >= RATES[deed].count:
        raise _too_often(ends_at, now)


def _window(deed: str, now: datetime) -> tuple[int, datetime]:
    """When the present window of a rate began, in seconds since 1970, and when it ends."""
    length = RATES[deed].seconds
    begun = int(now.timestamp()) // length * length
    return begun, datetime.fromtimestamp(begun + length, UTC)


def _too_often(ends_at: datetime, now: datetime) -> Refused:
    wait = int(ends_at.timestamp()) - int(now.timestamp())
    return Refused(
        N_("That was a lot in a short time. Please try again in %(minutes)s min; nothing you wrote is lost."),
        status=429,
        retry_after=wait,
        minutes=max(1, round(wait / 60)),
    )
