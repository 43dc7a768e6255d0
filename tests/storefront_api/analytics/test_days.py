"""Days of a seller's own calendar, and what they are compared with."""

from datetime import date, timedelta
from typing import Any

import psycopg
import pytest

from storefront_api.analytics.days import Days

# Dhaka has no summer time; Berlin has; São Paulo set its clock at midnight, Havana back from 01:00 to 00:00.
CALENDARS = [
    ("Asia/Dhaka", date(2026, 10, 12)),
    ("Europe/Berlin", date(2026, 3, 29)),
    ("Europe/Berlin", date(2026, 10, 25)),
    ("America/Sao_Paulo", date(2018, 11, 4)),
    ("America/Sao_Paulo", date(2018, 2, 18)),
    ("America/Havana", date(2025, 11, 2)),
]


@pytest.mark.parametrize(("zone", "day"), CALENDARS)
def test_day_holds_exactly_the_instants_that_bear_its_date(
    shop: psycopg.Connection[dict[str, Any]], zone: str, day: date
) -> None:
    since, until = Days(day, day).instants(zone)
    query = """
        select at, (at at time zone %(zone)s)::date as day
        from generate_series(%(first)s::timestamptz, %(last)s::timestamptz, interval '10 minutes') as at
    """
    values = {"zone": zone, "first": since - timedelta(hours=30), "last": until + timedelta(hours=30)}
    for row in shop.execute(query, values).fetchall():
        assert (row["day"] == day) == (since <= row["at"] < until), row


def test_days_before_touch_and_are_as_many() -> None:
    days = Days(date(2026, 3, 1), date(2026, 3, 31))
    assert days.before() == Days(date(2026, 1, 29), date(2026, 2, 28))
    assert days.before().count == days.count == 31


def test_same_days_of_last_year_survive_a_leap_day() -> None:
    assert Days(date(2024, 2, 29), date(2024, 3, 1)).a_year_earlier() == Days(date(2023, 2, 28), date(2023, 3, 1))
