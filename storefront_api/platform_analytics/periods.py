"""Which days the platform's figures are of, in which currency, and how they are cut."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from storefront_api.analytics.days import Compare, Days, chosen_days, compared_days
from storefront_api.analytics.rows import RowTable
from storefront_api.platform_analytics import repository

Grain = Literal["day", "week", "month"]


@dataclass(frozen=True)
class PlatformPeriod:
    """Days of the marketplace, whole ones only unless asked for; `compared` is None where it was not there yet.

    Attributes:
        month: whose sellers are ranked, by its first day; `months` are all that have sales, the newest first.
        currency: money in others is left out; `currencies` are all that were sold in, the most frequent first.
    """

    days: Days
    compare: Compare
    compared: Days | None
    grain: Grain
    month: date
    months: list[date]
    currency: str
    currencies: list[str]
    known: Days
    computed_at: datetime | None

    @property
    def is_month_running(self) -> bool:
        """Whether the month that is ranked has days to come."""
        return self.month <= self.known.last and (self.known.last + timedelta(days=1)).replace(day=1) == self.month

    def filename(self, table: RowTable) -> str:
        """What the file of a table's rows is called: by its days, its month, or the last day with figures."""
        if table.has_period:
            return f"platform_{table.name}_{self.days.first}_{self.days.last}.csv"
        return f"platform_{table.name}_{self.month.strftime('%Y-%m') if table.name == 'league' else self.known.last}.csv"

    def values(self, days: Days | None = None) -> dict[str, Any]:
        """What queries name."""
        days = days or self.days
        month = self.month
        return {
            "first": days.first,
            "last": days.last,
            "grain": self.grain,
            "step": f"1 {self.grain}",
            "currency": self.currency,
            "month": month,
            "month_before": (month - timedelta(days=1)).replace(day=1),
            "known_last": self.known.last,
        }


async def platform_period_of(
    connection: AsyncConnection[DictRow],
    *,
    first: date | None = None,
    last: date | None = None,
    day_count: int | None = None,
    compare: Compare = "previous",
    grain: Grain = "day",
    month: date | None = None,
    currency: str | None = None,
) -> PlatformPeriod | None:
    """The days asked for, by default the last `USUAL_DAYS` with figures; None until the pipeline has computed any.

    Raises:
        InvalidInputError: a period that ends before it begins, or is longer than two years.
    """
    currencies = await repository.currencies(connection) if await repository.is_computed(connection) else []
    if not currencies:
        return None
    currency = currency if currency in currencies else currencies[0]
    bounds = await repository.bounds(connection, currency)
    known = Days(bounds["first_date"], bounds["last_date"])
    days = chosen_days(known, first=first, last=last, day_count=day_count)
    months = await repository.months(connection, currency, known.last)
    return PlatformPeriod(
        days=days,
        compare=compare,
        compared=compared_days(days, compare, known),
        grain=grain,
        month=month if month in months else months[0],
        months=months,
        currency=currency,
        currencies=currencies,
        known=known,
        computed_at=bounds["computed_at"],
    )
