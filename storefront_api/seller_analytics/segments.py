"""Customers by how lately, how often and for how much they bought (RFM), in plain words, and what each kind brings later."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from storefront_api.analytics.definitions import FigureDefinition
from storefront_api.analytics.rows import Column, RowTable
from storefront_api.seller_analytics.signs import sign_of
from storefront_api.seller_analytics.suppression import FEWEST_CUSTOMERS

RECENT_DAYS, GONE_DAYS = 90, 180
VALUE_DAYS = 180
# A mean of fewer people's later purchases says little about the next one.
FEWEST_OBSERVED = 20


@dataclass(frozen=True)
class Kind:
    """One kind of customer; every customer is of exactly one."""

    name: str
    label: str
    words: str

    @property
    def rows(self) -> str:
        """The row table of its customers."""
        return f"customers_{self.name}"


KINDS = (
    Kind("best", "Best customers", "Three orders or more, the last within 90 days, and among the fifth who spent most."),
    Kind("loyal", "Loyal", "Three orders or more, the last within 90 days."),
    Kind("returning", "Came back", "Two orders, the last within 90 days."),
    Kind("new", "New", "One order, within 90 days."),
    Kind("slipping", "Slipping away", "Two orders or more, the last 91 to 180 days ago."),
    Kind("gone", "Gone", "Two orders or more, the last over 180 days ago."),
    Kind("once", "Bought once", "One order, over 90 days ago."),
)


@dataclass(frozen=True)
class Segment:
    """The customers of one kind; amounts are means after refunds, None where too few people stand behind them.

    Attributes:
        value_minor: what those who were of this kind `VALUE_DAYS` ago brought in these days; `observed_count` of them.
    """

    kind: Kind
    customer_count: int
    share: float
    spent_minor: float | None
    revenue_share: float | None
    value_minor: float | None
    observed_count: int


def segmented(as_of: str) -> str:
    """A query of the seller's customers with `segment`, their orders and `net_minor` (revenue less refunds), as of a day.

    Args:
        as_of: SQL of the day; purchases after it are not counted.
    """
    return f"""
        select customer_id, order_count, last_sale_date, net_minor, case
            when order_count >= 3 and days_ago <= {RECENT_DAYS} and spend_place <= 0.2 then 'best'
            when order_count >= 3 and days_ago <= {RECENT_DAYS} then 'loyal'
            when order_count = 2 and days_ago <= {RECENT_DAYS} then 'returning'
            when days_ago <= {RECENT_DAYS} then 'new'
            when order_count >= 2 and days_ago <= {GONE_DAYS} then 'slipping'
            when order_count >= 2 then 'gone'
            else 'once' end as segment
        from (
            select customer_id, count(*) as order_count, max(sale_date) as last_sale_date, ({as_of}) - max(sale_date) as days_ago,
                sum(revenue_minor - refund_minor)::bigint as net_minor,
                (rank() over (order by sum(revenue_minor - refund_minor) desc) - 1) / count(*) over ()::float8 as spend_place
            from marts.fct_seller_orders
            where seller_id = %(seller_id)s and is_sale and sale_date <= ({as_of})
            group by customer_id
        ) as bought
    """


_THEN = f"%(day)s::date - {VALUE_DAYS}"
_QUERY = f"""
    with now as ({segmented("%(day)s::date")}),
    earlier as ({segmented(_THEN)}),
    since as (
        select customer_id, sum(revenue_minor - refund_minor) as net_minor
        from marts.fct_seller_orders
        where seller_id = %(seller_id)s and is_sale and sale_date > {_THEN} and sale_date <= %(day)s::date
        group by customer_id
    ),
    brought as (
        select segment, count(*)::int as observed_count, (sum(coalesce(since.net_minor, 0)) / count(*))::float8 as value_minor
        from earlier left join since using (customer_id) group by 1
    ),
    counted as (select segment, count(*)::int as customer_count, sum(net_minor)::bigint as net_minor from now group by 1)
    select segment, coalesce(customer_count, 0) as customer_count, coalesce(net_minor, 0) as net_minor,
        coalesce(observed_count, 0) as observed_count, value_minor
    from counted full join brought using (segment)
"""

# What the customers of a day brought later is known once the whole time has passed.
_CUSTOMERS = f"""
    select bought.last_sale_date, {sign_of("bought.customer_id")} as customer, bought.order_count, bought.net_minor,
        case when %(last)s::date + {VALUE_DAYS} <= %(known_last)s::date then coalesce(since.net_minor, 0) end as later_minor
    from ({segmented("%(last)s::date")}) as bought
    left join (
        select customer_id, sum(revenue_minor - refund_minor)::bigint as net_minor
        from marts.fct_seller_orders
        where seller_id = %(seller_id)s and is_sale
            and sale_date > %(last)s::date and sale_date <= %(last)s::date + {VALUE_DAYS}
        group by customer_id
    ) as since using (customer_id)
"""
DEFINITIONS = tuple(
    FigureDefinition(kind.rows, kind.label, "count", kind.words, "marts.fct_seller_orders", kind.rows) for kind in KINDS
)
ROW_TABLES = tuple(
    RowTable(
        kind.rows,
        f"Customers: {kind.label.lower()}",
        f"One row per customer who was of this kind when the last of these days ended, with all orders until then. {kind.words}",
        (
            Column("last_sale_date", "Last bought", "date"),
            Column("customer", "Customer", "text"),
            Column("order_count", "Orders", "count", adds_up=True),
            Column("net_minor", "Spent after refunds", "money", adds_up=True),
            Column("later_minor", f"Brought in the {VALUE_DAYS} days after", "money"),
        ),
        f"{_CUSTOMERS} where bought.segment = '{kind.name}'",
        ("last_sale_date", "customer"),
        tab="customers",
    )
    for kind in KINDS
)


async def segments(connection: AsyncConnection[DictRow], seller_id: str, day: date) -> list[Segment]:
    """Every kind in the order of `KINDS`, as of the end of `day`."""
    found = await (await connection.execute(_QUERY, {"seller_id": seller_id, "day": day})).fetchall()  # type: ignore[arg-type]
    return segments_of({row["segment"]: row for row in found})


def segments_of(rows: dict[str, Any]) -> list[Segment]:
    """The kinds with their shares; means of fewer than five customers are left out."""
    people = sum(row["customer_count"] for row in rows.values())
    net = sum(row["net_minor"] for row in rows.values())
    return [_segment(kind, rows.get(kind.name), people, net) for kind in KINDS]


def _segment(kind: Kind, row: Any, people: int, net: int) -> Segment:
    count, observed = (row["customer_count"], row["observed_count"]) if row else (0, 0)
    is_told = count >= FEWEST_CUSTOMERS
    return Segment(
        kind=kind,
        customer_count=count,
        share=count / people if people else 0.0,
        spent_minor=row["net_minor"] / count if is_told else None,
        revenue_share=row["net_minor"] / net if is_told and net > 0 else None,
        value_minor=row["value_minor"] if observed >= FEWEST_OBSERVED else None,
        observed_count=observed,
    )
