"""Which days a figure is of: the shop's days, both ends included."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from marketplace.errors import InvalidInputError
from storefront_api.fraud_analytics.judged import LABELS_MATURE_AFTER
from storefront_api.fraud_reviews.deadlines import DECIDE_WITHIN
from storefront_api.fraud_reviews.risk import REVIEW_SCORE

LONGEST_DAYS = 366
USUAL_DAYS = 30
# Ten weeks: a month of them mature, whatever day it is.
ESTIMATED_DAYS = 70


@dataclass(frozen=True)
class Period:
    """From `first` to `last` as days of `time_zone`, seen at `now`; money is in `currency`, others are left out."""

    first: date
    last: date
    now: datetime
    time_zone: str
    currency: str

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1

    @property
    def today(self) -> date:
        """The day that it is in the shop."""
        return self.now.astimezone(ZoneInfo(self.time_zone)).date()

    @property
    def values(self) -> dict[str, Any]:
        """The parameters that queries name; `until` is the first instant behind the period."""
        zone = ZoneInfo(self.time_zone)
        return {
            "since": datetime.combine(self.first, time.min, zone),
            "until": datetime.combine(self.last + timedelta(days=1), time.min, zone),
            "first": self.first,
            "last": self.last,
            "now": self.now,
            "time_zone": self.time_zone,
            "currency": self.currency,
            "mature_after": LABELS_MATURE_AFTER,
            "within": DECIDE_WITHIN,
            "review_score": REVIEW_SCORE,
        }


async def period_of(
    connection: AsyncConnection[DictRow], first: date | None, last: date | None, *, now: datetime, usual_days: int = USUAL_DAYS
) -> Period:
    """The days asked for; by default the `usual_days` until today.

    Raises:
        InvalidInputError: it ends before it begins, or has more than `LONGEST_DAYS` days.
    """
    cursor = await connection.execute("select currency, time_zone from shop.marketplace")
    shop = await cursor.fetchone() or {"currency": "BDT", "time_zone": "Asia/Dhaka"}
    last = last or now.astimezone(ZoneInfo(shop["time_zone"])).date()
    first = first or last - timedelta(days=usual_days - 1)
    if not 0 <= (last - first).days < LONGEST_DAYS:
        raise InvalidInputError(f"a period begins before it ends and has at most {LONGEST_DAYS} days; asked: {first} to {last}")
    return Period(first, last, now, shop["time_zone"], shop["currency"].strip())
