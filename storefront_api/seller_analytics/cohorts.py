"""Months of first purchase, and how many of those customers bought again in the months that followed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from storefront_api.seller_analytics.suppression import FEWEST_CUSTOMERS

MOST_MONTHS = 12


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
