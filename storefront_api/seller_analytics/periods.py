"""Which days a seller's figures are of: days of the seller's own calendar, both ends included, and those they stand beside."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from storefront_api.analytics.days import Compare, Days, chosen_days, compared_days
from storefront_api.analytics.rows import RowTable
from storefront_api.seller_analytics import repository


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
        """What queries name: the seller, the zone, `first` and `last` day, and `since` and `until` as instants.

        `known_last` is the last day that is known and `known_until` its end, by which what still waits is judged, whatever days
        are asked for.
        """
        days = days or self.days
        since, until = days.instants(self.time_zone)
        _, known_until = self.known.instants(self.time_zone)
        whose = {"seller_id": self.seller_id, "time_zone": self.time_zone}
        known = {"known_last": self.known.last, "known_until": known_until}
        return whose | known | {"first": days.first, "last": days.last, "since": since, "until": until}

    def filename(self, table: RowTable) -> str:
        """What the file of a table's rows is called."""
        of = f"{self.days.first}_{self.days.last}" if table.has_period else str(self.known.last)
        return f"{table.name}_{of}.csv"


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
    days = chosen_days(known, first=first, last=last, day_count=day_count)
    return Period(
        **seller,
        days=days,
        compare=compare,
        compared=compared_days(days, compare, known),
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
