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
    rate = RATES[deed]
    seconds = int(now.timestamp())
    window = seconds - seconds % rate.seconds
    ends = window + rate.seconds
    count = site.count_deed(session, deed, source, window=window, ends_at=datetime.fromtimestamp(ends, UTC))
    if count > rate.count:
        minutes = max(1, round((ends - seconds) / 60))
        raise Refused(
            N_("That was a lot in a short time. Please try again in %(minutes)s min; nothing you wrote is lost."),
            status=429,
            retry_after=ends - seconds,
            minutes=minutes,
        )
