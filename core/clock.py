"""The time: always aware, always UTC. A day is the support team's day."""

from datetime import UTC, date, datetime, tzinfo


def utcnow() -> datetime:
    return datetime.now(UTC)


def day_of(now: datetime, zone: tzinfo) -> date:
    """Return the calendar day that an aware `now` falls on in `zone`."""
    if now.tzinfo is None:
        raise ValueError(f"{now!r} does not say which time zone it is in")
    return now.astimezone(zone).date()
