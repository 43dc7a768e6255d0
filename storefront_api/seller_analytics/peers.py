"""Where a seller stands among the others of the same main category, without a figure of anybody else."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from storefront_api.analytics.definitions import FigureDefinition
from storefront_api.analytics.rows import Column, RowTable
from storefront_api.analytics.schemas import Unit
from storefront_api.seller_analytics.periods import Period

FEWEST_PEERS = 5


@dataclass(frozen=True)
class Measure:
    """What is compared; the seller's own value is `above` divided by `below`, of three months' sums."""

    name: str
    label: str
    unit: Unit
    above: str
    below: str | None
    fewest: int
    words: str
    is_less_better: bool = False

    @property
    def value_sql(self) -> str:
        """What sellers are ranked by, the better the larger; null for a seller with too few orders or reviews to say."""
        whole = self.below or "order_count"
        value = f"{self.above}::float8 / {self.below}" if self.below else f"{self.above}::float8"
        return f"case when {whole} >= {self.fewest} then {'-' if self.is_less_better else ''}{value} end"


MEASURES = (
    Measure("revenue", "Revenue", "money", "revenue_minor", None, 1, "Revenue of three months."),
    Measure("orders", "Orders", "count", "order_count", None, 1, "Orders of three months that are sales."),
    Measure("order_value", "Average order", "money", "revenue_minor", "order_count", 5, "Revenue divided by orders."),
    Measure(
        "repeat_orders", "Orders of returning customers", "rate", "repeat_order_count", "order_count", 5,
        "Orders that were not the customer's first from this seller, of all.",
    ),
    Measure("rating", "Stars", "count", "star_sum", "review_count", 3, "Mean stars of the reviews of three months."),
    Measure(
        "defects", "Orders with a defect", "rate", "defect_count", "approved_count", 5,
        "Paid orders with one or two stars, or with money back though not cancelled, so far. Fewer is better.", True,
    ),
    Measure(
        "late", "Shipped late", "rate", "late_count", "shipped_count", 5,
        "Shipped orders that were shipped after their promise. Fewer is better.", True,
    ),
)  # fmt: skip


DEFINITIONS = tuple(
    FigureDefinition(f"place_{one.name}", one.label, one.unit, one.words, "marts.fct_seller_months", "own_months")
    for one in MEASURES
)
_COLUMNS = (
    Column("sale_month", "Month", "date"),
    Column("order_count", "Orders", "count", adds_up=True),
    Column("repeat_order_count", "Of returning customers", "count", adds_up=True),
    Column("revenue_minor", "Revenue", "money", adds_up=True),
    Column("approved_count", "Paid", "count", adds_up=True),
    Column("defect_count", "With a defect", "count", adds_up=True),
    Column("shipped_count", "Shipped", "count", adds_up=True),
    Column("late_count", "Shipped late", "count", adds_up=True),
    Column("review_count", "Reviews", "count", adds_up=True),
    Column("star_sum", "Stars, in sum", "count", adds_up=True),
)
ROW_TABLES = (
    RowTable(
        "own_months",
        "Your months",
        "One row per month of yours that begins in these days: your own measures are made of their sums. What others have is read"
        " only to count who lies below you.",
        _COLUMNS,
        f"select {', '.join(one.name for one in _COLUMNS)} from marts.fct_seller_months"
        " where seller_id = %(seller_id)s and sale_month between %(first)s and %(last)s",
        ("sale_month",),
        tab="peers",
    ),
)


@dataclass(frozen=True)
class Place:
    """One measure: the seller's own value, and the share of the others whom it beats; None with why in words."""

    measure: Measure
    value: float | None
    percentile: float | None
    peer_count: int | None
    why_not: str | None


@dataclass(frozen=True)
class Places:
    """The three whole months that end with `month`; `category_name` is None for a seller without listings."""

    category_name: str | None
    first: date
    last: date
    places: list[Place]


async def places(connection: AsyncConnection[DictRow], period: Period) -> Places:
    """The places of the last three whole months."""
    last = (period.known.last + timedelta(days=1)).replace(day=1) - timedelta(days=1)
    month = last.replace(day=1)
    first = (month - timedelta(days=32)).replace(day=1)
    values = {"seller_id": period.seller_id, "month": month, "first": first}
    own = await (await connection.execute(_OWN, values)).fetchone()
    assert own is not None
    values["category_name"] = own["category_name"]
    found = await (await connection.execute(_PLACES, values)).fetchall()
    return Places(own["category_name"], first, last, places_of(own, {row["measure"]: row for row in found}))


def places_of(own: Mapping[str, Any], found: Mapping[str, Mapping[str, Any]]) -> list[Place]:
    """Each measure with its place, or with the reason why there is none."""
    return [_place(measure, own, found.get(measure.name)) for measure in MEASURES]


def _place(measure: Measure, own: Mapping[str, Any], row: Mapping[str, Any] | None) -> Place:
    whole = own[measure.below or "order_count"] or 0
    if whole < measure.fewest:
        few = f"too few {'reviews' if measure.name == 'rating' else 'orders'} of yours"
        return Place(measure, None, None, None, few)
    value = own[measure.above] / (own[measure.below] if measure.below else 1)
    if row is None:
        return Place(measure, value, None, None, f"fewer than {FEWEST_PEERS} others to stand beside")
    return Place(measure, value, row["percentile"], row["peer_count"], None)


_SUMS = ", ".join(f"coalesce(sum({one.name}), 0)::bigint as {one.name}" for one in _COLUMNS if one.adds_up)
_OWN = f"""
    select max(category_name) as category_name, {_SUMS} from marts.fct_seller_months
    where seller_id = %(seller_id)s and sale_month between %(first)s and %(month)s
"""
# Others below, and half of those alike. Where fewer than five others have the measure there is no row: a place among few names
# them.
_PLACES = f"""
    with quarters as (
        select seller_id, {_SUMS} from marts.fct_seller_months
        where category_name = %(category_name)s and sale_month between %(first)s and %(month)s
        group by seller_id
    ), measured as materialized (
        select seller_id, measures.measure, measures.value
        from quarters
        cross join lateral (
            values {", ".join(f"('{one.name}', {one.value_sql})" for one in MEASURES)}
        ) as measures (measure, value)
        where measures.value is not null
    )
    select measure, (count(*) - 1)::int as peer_count, ((
        count(*) filter (where peers.value < own.value) + (count(*) filter (where peers.value = own.value) - 1) / 2.0
    ) / nullif(count(*) - 1, 0))::float8 as percentile
    from measured as own inner join measured as peers using (measure)
    where own.seller_id = %(seller_id)s
    group by measure
    having count(*) > {FEWEST_PEERS}
"""
