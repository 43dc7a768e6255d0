"""Months of first purchase, and how many of those customers bought again in the months that followed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from storefront_api.analytics.definitions import FigureDefinition
from storefront_api.analytics.rows import Column, RowTable
from storefront_api.seller_analytics.signs import sign_of
from storefront_api.seller_analytics.suppression import FEWEST_CUSTOMERS

MOST_MONTHS = 12

DEFINITIONS = (
    FigureDefinition(
        "cohort_share",
        "Came back",
        "rate",
        "Of the customers whose first purchase from you ever was in one month, the share who bought in a month after it.",
        "marts.fct_seller_cohorts",
        "cohort_months",
    ),
)
ROW_TABLES = (
    RowTable(
        "cohort_months",
        "Months in which customers bought",
        "One row per customer and month with a purchase, of customers whose first purchase was in a month of these days, whenever"
        " they bought again.",
        (
            Column("cohort_month", "First purchase", "date"),
            Column("month_number", "Months later", "count"),
            Column("customer", "Customer", "text"),
            Column("order_count", "Orders", "count", adds_up=True),
            Column("revenue_minor", "Revenue", "money", adds_up=True),
            Column("refund_minor", "Refunded", "money", adds_up=True),
            Column("net_minor", "After refunds", "money", adds_up=True),
        ),
        f"""
        select cohort_month, month_number, {sign_of("customer_id")} as customer, count(*) as order_count,
            sum(revenue_minor)::bigint as revenue_minor, sum(refund_minor)::bigint as refund_minor,
            sum(revenue_minor - refund_minor)::bigint as net_minor
        from (
            select customers.cohort_month, customer_id, orders.revenue_minor, orders.refund_minor,
                ((extract(year from orders.sale_date) - extract(year from customers.cohort_month)) * 12
                    + extract(month from orders.sale_date) - extract(month from customers.cohort_month))::bigint as month_number
            from marts.fct_seller_customers as customers
            join marts.fct_seller_orders as orders using (seller_id, customer_id)
            where seller_id = %(seller_id)s and orders.is_sale
                and customers.cohort_month between date_trunc('month', %(first)s::timestamp) and %(last)s
        ) as bought
        group by cohort_month, month_number, customer_id
        """,
        ("cohort_month", "month_number", "customer"),
        tab="customers",
    ),
)


@dataclass(frozen=True)
class Cell:
    """One month of a cohort: the share who bought in it; `is_running` while the month is not over."""

    customer_count: int
    share: float
    is_running: bool


@dataclass(frozen=True)
class Cohort:
    """Customers whose first purchase was in `month`; `cells` are the months since, from 1, None where too few to tell."""

    month: date
    customer_count: int
    revenue_minor: int
    cells: tuple[Cell | None, ...]


async def cohorts(connection: AsyncConnection[DictRow], seller_id: str, last: date) -> list[Cohort]:
    """The newest cohorts, oldest first, as far as `last`."""
    query = """
        select cohort_month, month_number, customer_count, revenue_minor - refund_minor as net_minor
        from marts.fct_seller_cohorts
        where seller_id = %s and cohort_month > date_trunc('month', %s::date)::date - make_interval(months => %s)
            and cohort_month <= %s
        order by 1, 2
    """
    found = await (await connection.execute(query, (seller_id, last, MOST_MONTHS, last))).fetchall()
    return cohorts_of(found, last)


def cohorts_of(rows: Iterable[Mapping[str, Any]], last: date) -> list[Cohort]:
    """The rows of one seller as cohorts; a month without a purchase counts none, and cohorts of few people have no cells."""
    months: dict[date, dict[int, Mapping[str, Any]]] = {}
    for row in rows:
        months.setdefault(row["cohort_month"], {})[row["month_number"]] = row
    return [_cohort(month, numbers, last) for month, numbers in sorted(months.items())]


def _cohort(month: date, numbers: Mapping[int, Mapping[str, Any]], last: date) -> Cohort:
    size = numbers[0]["customer_count"]
    passed = (last.year - month.year) * 12 + last.month - month.month
    counts = [numbers[number]["customer_count"] if number in numbers else 0 for number in range(1, passed + 1)]
    cells = [
        Cell(count, count / size, is_running=number == passed) if size >= FEWEST_CUSTOMERS else None
        for number, count in enumerate(counts, 1)
    ]
    return Cohort(month, size, sum(row["net_minor"] for row in numbers.values()), tuple(cells))
