"""Hours of the day at which people want letters, in the site's time zone: digests, and quiet hours."""

from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from zoneinfo import ZoneInfo


def quiet_until(now: datetime, quiet_from: int | None, quiet_to: int | None, zone: ZoneInfo) -> datetime | None:
    """When the quiet hours end in which this moment falls; None outside of them. They may pass over midnight."""
    if quiet_from is None or quiet_to is None or quiet_from == quiet_to:
        return None
    local = now.astimezone(zone)
    before_midnight = quiet_from > quiet_to and local.hour >= quiet_from
    after_midnight = local.hour < quiet_to and (quiet_from > quiet_to or local.hour >= quiet_from)
    if not before_midnight and not after_midnight:
        return None
    return _at_hour(local.date() + timedelta(days=before_midnight), quiet_to, zone)


def digest_since(now: datetime, hour: int, zone: ZoneInfo) -> datetime:
    """When the latest digest of somebody who wants one at this hour was due: today, or yesterday."""
    day = now.astimezone(zone).date()
    today = _at_hour(day, hour, zone)
    return today if today <= now else _at_hour(day - timedelta(days=1), hour, zone)


def _at_hour(day: date, hour: int, zone: ZoneInfo) -> datetime:
    """This hour of a day; one that the clocks leave out in spring is the hour after it."""
    return datetime.combine(day, time_of_day(hour), tzinfo=zone).astimezone(UTC)
