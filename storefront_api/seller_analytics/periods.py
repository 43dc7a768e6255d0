"""Which days a seller's figures are of: days of the seller's own calendar, both ends included, and those they stand beside."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from marketplace.errors import InvalidInputError
from storefront_api.seller_analytics import repository

Compare = Literal["previous", "year"]

USUAL_DAYS = 28
LONGEST_DAYS = 730
_EARLIEST, _LATEST = date(2000, 1, 1), date(2099, 12, 31)


@dataclass(frozen=True)
class Days:
    """From `first` to `last`, both included."""

    first: date
    last: date

    @property
    def count(self) -> int:
        """How many days."""
        return (self.last - self.first).days + 1

    def before(self) -> "Days":
        """As many days, ending the day before these begin."""
        return Days(self.first - timedelta(days=self.count), self.first - timedelta(days=1))

    def a_year_earlier(self) -> "Days":
        """The same dates of the year before; 29 February becomes the 28th."""
        return Days(_a_year_before(self.first), _a_year_before(self.last))

    def instants(self, time_zone: str) -> tuple[datetime, datetime]:
        """When the first day begins, and the first instant behind the last, on the clock of this zone.

        Where a clock is set at midnight, the day begins at the first instant that bears its date.
        """
        zone = ZoneInfo(time_zone)
        return datetime.combine(self.first, time.min, zone), datetime.combine(self.last + timedelta(days=1), time.min, zone)


@dataclass(frozen=True)
class Period:
    """Days of one seller; `compared` are those they stand beside, None where the seller was not there yet."""

    seller_id: str
    shop_name: str
    time_zone: str
    currency: str
    days: Days
    compare: Compare
    compared: Days | None
    known: Days
    computed_at: datetime | None

    def values(self, days: Days | None = None) -> dict[str, Any]:
        """What queries name: the seller, the zone, `first` and `last` day, and `since` and `until` as instants."""
        days = days or self.days
        since, until = days.instants(self.time_zone)
        whose = {"seller_id": self.seller_id, "time_zone": self.time_zone}
        return whose | {"first": days.first, "last": days.last, "since": since, "until": until}


async def period_of(
    connection: AsyncConnection[DictRow],
    seller: DictRow,
    *,
    first: date | None = None,
    last: date | None = None,
    day_count: int | None = None,
    compare: Compare = "previous",
) -> Period | None:
    """The days asked for, by default the last `USUAL_DAYS` with figures; None until the pipeline has computed any.

    Args:
        seller: of `repository.seller`.
        day_count: so many days until the last one with figures, instead of `first` and `last`.
    Raises:
        InvalidInputError: a period that ends before it begins, or is longer than two years.
    """
    known = await _known(connection, seller)
    if known is None:
        return None
    if day_count is not None:
        first = last = None
    last = last or known.last
    first = first or max(last, _EARLIEST) - timedelta(days=(day_count or USUAL_DAYS) - 1)
    days = _checked(Days(first, last))
    compared = days.before() if compare == "previous" else days.a_year_earlier()
    return Period(
        **seller,
        days=days,
        compare=compare,
        compared=compared if compared.first >= known.first else None,
        known=known,
        computed_at=await repository.computed_at(connection),
    )


async def _known(connection: AsyncConnection[DictRow], seller: DictRow) -> Days | None:
    """The days that have figures; where nobody's visits are known, they end with the marketplace's last sale."""
    if not await repository.is_computed(connection):
        return None
    bounds = await repository.bounds(connection, seller["seller_id"])
    first, last = bounds["first_date"], bounds["last_date"]
    if last is None:
        return None
    if bounds["visited_date"] is None:
        last_trade = await repository.last_day_of_trade(connection, seller["time_zone"])
        last = max(first, min(last, last_trade or last))
    return Days(first, last)


def _checked(days: Days) -> Days:
    if not _EARLIEST <= days.first <= days.last <= _LATEST:
        raise InvalidInputError(
            f"from {days.first} to {days.last} is no period; choose a first day before the last, both in this century"
        )
    if days.count > LONGEST_DAYS:
        raise InvalidInputError(f"from, to: {days.count} days; choose at most {LONGEST_DAYS}")
    return days


def _a_year_before(day: date) -> date:
    return day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day)
