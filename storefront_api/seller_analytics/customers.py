"""Who buys from a seller: new and returning customers of a period, and what the figures mean."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from storefront_api.analytics.days import Days
from storefront_api.analytics.definitions import FigureDefinition
from storefront_api.analytics.figures import figures_of
from storefront_api.analytics.schemas import Figure
from storefront_api.seller_analytics.periods import Period

# Bars of days up to a month, of weeks up to half a year, then of months.
_WEEKS_FROM, _MONTHS_FROM = 32, 184

DEFINITIONS = (
    FigureDefinition(
        "customers",
        "Customers",
        "count",
        "People with at least one order of yours in these days that is a sale.",
        "marts.fct_seller_orders",
        "buyers",
    ),
    FigureDefinition(
        "new_customers",
        "New customers",
        "count",
        "Of them, those whose first purchase from you ever lies in these days.",
        "marts.fct_seller_customers",
        "buyers",
    ),
    FigureDefinition(
        "returning_customers",
        "Returning",
        "rate",
        "Of the customers of these days, the share who had bought from you before the first of them.",
        "marts.fct_seller_customers",
        "buyers",
    ),
    FigureDefinition(
        "returning_revenue",
        "Revenue from returning",
        "rate",
        "Of the revenue of these days, the share that came from customers who had bought from you before the first of them.",
        "marts.fct_seller_orders",
        "buyers",
    ),
    FigureDefinition(
        "customer_revenue",
        "Revenue per customer",
        "money",
        "Revenue of these days divided by the customers of these days.",
        "marts.fct_seller_orders",
        "buyers",
    ),
)


@dataclass(frozen=True)
class Bucket:
    """Customers of a stretch that begins on `day`, each counted once: those who came for the first time, and the others."""

    day: date
    new_count: int
    returning_count: int


async def customer_figures(connection: AsyncConnection[DictRow], period: Period) -> list[Figure]:
    """The figures of `DEFINITIONS` beside those of the compared days."""
    now = _values(await _sums(connection, period, period.days))
    earlier = _values(await _sums(connection, period, period.compared)) if period.compared else None
    return figures_of(DEFINITIONS, now, earlier)


def unit_of(days: Days) -> str:
    """In which steps a chart of these days counts: `day`, `week` or `month`."""
    return "day" if days.count < _WEEKS_FROM else "week" if days.count < _MONTHS_FROM else "month"


async def buckets(connection: AsyncConnection[DictRow], period: Period) -> list[Bucket]:
    """New and returning customers step by step, steps without anybody included."""
    query = """
        with steps as (
            select step::date as day from generate_series(
                date_trunc(%(unit)s, %(first)s::timestamp), %(last)s::timestamp, ('1 ' || %(unit)s)::interval) as step
        ), people as (
            select distinct date_trunc(%(unit)s, orders.sale_date::timestamp)::date as day, orders.customer_id,
                date_trunc(%(unit)s, customers.first_sale_date::timestamp)
                    = date_trunc(%(unit)s, orders.sale_date::timestamp) as is_new
            from marts.fct_seller_orders as orders
            join marts.fct_seller_customers as customers using (seller_id, customer_id)
            where orders.seller_id = %(seller_id)s and orders.is_sale and orders.sale_date between %(first)s and %(last)s
        )
        select steps.day, (count(*) filter (where is_new))::int as new_count,
            (count(*) filter (where not is_new))::int as returning_count
        from steps left join people using (day) group by 1 order by 1
    """
    values = period.values() | {"unit": unit_of(period.days)}
    found = await (await connection.execute(query, values)).fetchall()
    return [Bucket(**row) for row in found]


async def _sums(connection: AsyncConnection[DictRow], period: Period, days: Days) -> DictRow:
    query = """
        select count(distinct orders.customer_id)::int as customer_count,
            (count(distinct orders.customer_id) filter (where customers.first_sale_date >= %(first)s))::int as new_count,
            coalesce(sum(orders.revenue_minor), 0)::bigint as revenue_minor,
            coalesce(sum(orders.revenue_minor) filter (where customers.first_sale_date < %(first)s), 0)::bigint
                as returning_minor
        from marts.fct_seller_orders as orders
        join marts.fct_seller_customers as customers using (seller_id, customer_id)
        where orders.seller_id = %(seller_id)s and orders.is_sale and orders.sale_date between %(first)s and %(last)s
    """
    row = await (await connection.execute(query, period.values(days))).fetchone()
    assert row is not None
    return row


def _values(sums: Mapping[str, Any]) -> dict[str, float | None]:
    people, revenue = sums["customer_count"], sums["revenue_minor"]
    return {
        "customers": people,
        "new_customers": sums["new_count"],
        "returning_customers": (people - sums["new_count"]) / people if people else None,
        "returning_revenue": sums["returning_minor"] / revenue if revenue else None,
        "customer_revenue": revenue / people if people else None,
    }
