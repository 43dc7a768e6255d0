"""Where a seller's customers live, in groups that are large enough to be told."""

from dataclasses import dataclass
from datetime import timedelta

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from storefront_api.analytics.days import Days
from storefront_api.analytics.definitions import FigureDefinition
from storefront_api.analytics.rows import Column, RowTable
from storefront_api.seller_analytics.periods import Period
from storefront_api.seller_analytics.suppression import FEWEST_CUSTOMERS, fold_small

REGION_DAYS = 365

# Always of a whole year: of days that could be chosen, the difference of two answers would name one customer's region.
_REGIONS = fold_small(f"""
    select coalesce(nullif(customers.region, ''), nullif(customers.city, ''), 'Not known') as name,
        count(distinct orders.customer_id) as customer_count, count(*) as order_count, sum(orders.revenue_minor) as revenue_minor
    from marts.fct_seller_orders as orders
    left join marts.dim_customers as customers using (customer_id)
    where orders.seller_id = %(seller_id)s and orders.is_sale
        and orders.sale_date > %(known_last)s::date - {REGION_DAYS} and orders.sale_date <= %(known_last)s
    group by 1
""")
DEFINITIONS = (
    FigureDefinition(
        "region_customers",
        "Customers of a region",
        "count",
        f"People with an order of yours in the last {REGION_DAYS} days that is a sale, by the region of their usual address.",
        "marts.fct_seller_orders",
        "regions",
    ),
)
ROW_TABLES = (
    RowTable(
        "regions",
        "Regions",
        f"One row per region of the customers of the last {REGION_DAYS} days, named from {FEWEST_CUSTOMERS} of them on; smaller"
        " ones stand together, and who lives where is not told. Your orders of the same days add up to the same sums.",
        (
            Column("region", "Region", "text"),
            Column("customer_count", "Customers", "count", adds_up=True),
            Column("order_count", "Orders", "count", adds_up=True),
            Column("revenue_minor", "Revenue", "money", adds_up=True),
        ),
        "select coalesce(name, 'Other regions together') as region, customer_count, order_count, revenue_minor"
        f" from ({_REGIONS}) as told",
        ("customer_count", "region"),
        tab="customers",
        has_period=False,
        nothing="Too few people to tell.",
    ),
)


@dataclass(frozen=True)
class Region:
    """Customers of one region with what they bought; `name` is None for all small regions together."""

    name: str | None
    customer_count: int
    order_count: int
    revenue_minor: int


def region_days(period: Period) -> Days:
    """The days whose customers are told, whatever days are asked for."""
    last = period.known.last
    return Days(last - timedelta(days=REGION_DAYS - 1), last)


async def regions(connection: AsyncConnection[DictRow], period: Period) -> list[Region]:
    """Where the customers of the last year live, the most first, small regions together at the end."""
    query = f'select * from ({_REGIONS}) as told order by name is null, customer_count desc, name collate "C"'
    found = await (await connection.execute(query, period.values())).fetchall()  # type: ignore[arg-type]
    return [Region(**row) for row in found]
