from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from core import clock

BERLIN = ZoneInfo("Europe/Berlin")


def test_now_is_aware_and_utc() -> None:
    assert clock.utcnow().utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2026-11-22T22:59:59.999999Z", date(2026, 11, 22)),
        ("2026-11-22T23:00:00Z", date(2026, 11, 23)),
        ("2026-03-28T23:00:00Z", date(2026, 3, 29)),  # the short day begins at 23:00 UTC
        ("2026-03-29T21:59:59Z", date(2026, 3, 29)),  # and ends, in summer time, at 22:00 UTC
        ("2026-03-29T22:00:00Z", date(2026, 3, 30)),
        ("2026-10-24T22:00:00Z", date(2026, 10, 25)),  # the long day begins at 22:00 UTC
        ("2026-10-25T22:59:59Z", date(2026, 10, 25)),  # and ends, in winter time, at 23:00 UTC
        ("2026-10-25T23:00:00Z", date(2026, 10, 26)),
    ],
)
def test_a_day_begins_at_midnight_of_its_zone(moment: str, day: date) -> None:
    assert clock.day_of(datetime.fromisoformat(moment), BERLIN) == day


def test_a_day_exists_even_where_midnight_does_not() -> None:
    beirut = ZoneInfo("Asia/Beirut")  # clocks go from 23:59:59 to 01:00 on 29 March 2026
    first = datetime(2026, 3, 28, 22, tzinfo=UTC)

    assert clock.day_of(first - timedelta(microseconds=1), beirut) == date(2026, 3, 28)
    assert clock.day_of(first, beirut) == date(2026, 3, 29)


def test_the_same_moment_is_another_day_on_the_other_side_of_the_earth() -> None:
    noon = datetime(2026, 11, 22, 12, tzinfo=UTC)

    assert clock.day_of(noon, ZoneInfo("Pacific/Kiritimati")) == date(2026, 11, 23)
    assert clock.day_of(noon, ZoneInfo("Pacific/Pago_Pago")) == date(2026, 11, 22)


def test_a_time_without_a_zone_is_refused() -> None:
    naive = datetime(2026, 11, 22, 12, tzinfo=UTC).replace(tzinfo=None)

    with pytest.raises(ValueError, match="time zone"):
        clock.day_of(naive, BERLIN)
