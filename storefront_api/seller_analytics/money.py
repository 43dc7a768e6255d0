"""Money of a period: from the price of the goods to what is the seller's, each step to the minor unit, and its rows."""

from collections.abc import Mapping
from typing import Any

from storefront_api.analytics.definitions import FigureDefinition
from storefront_api.analytics.rows import Column, RowTable
from storefront_api.analytics.schemas import Figure
from storefront_api.seller_analytics.schemas import WaterfallStep

_DAYS = "marts.fct_seller_days"

STEPS = (
    FigureDefinition(
        "goods",
        "Goods",
        "money",
        "Price and customisation of every piece in your order lines that are sales, by the day they were ordered.",
        _DAYS,
        "statement",
    ),
    FigureDefinition("discounts", "Discounts", "money", "Discounts on those lines.", _DAYS, "statement"),
    FigureDefinition("shipping", "Shipping", "money", "Shipping that customers paid for those lines.", _DAYS, "statement"),
    FigureDefinition("tax", "Tax", "money", "Tax on those lines.", _DAYS, "statement"),
    FigureDefinition("commission", "Commission", "money", "What the marketplace keeps of those lines.", _DAYS, "statement"),
    FigureDefinition(
        "refunds",
        "Refunds",
        "money",
        "Money given back in these days of orders that are sales, whenever they were ordered. A refund of a whole order is"
        " shared by its sellers in proportion to what they sold.",
        _DAYS,
        "refunds",
    ),
    FigureDefinition(
        "earned",
        "Earned",
        "money",
        "Goods less discounts, plus shipping and tax, less commission and refunds. It is paid out week by week, once delivered.",
        _DAYS,
        "statement",
    ),
)
BALANCE = (
    FigureDefinition(
        "paid_out", "Paid out", "money", "All payouts that went to you, since your first sale.", "shop.payouts", "paid_out"
    ),
    FigureDefinition(
        "settled", "Settled, on its way to you", "money", "Payouts that are settled and not paid yet.", "shop.payouts", "settled"
    ),
    FigureDefinition(
        "delivered",
        "Delivered, not settled yet",
        "money",
        "What was delivered since the last settled day, less commission and what was given back since of what is delivered.",
        "marts.fct_order_items",
        "delivered",
    ),
    FigureDefinition(
        "under_way",
        "Not delivered yet",
        "money",
        "Your order lines that are sales and are not delivered yet, less commission and what was given back of them.",
        "marts.fct_order_items",
        "under_way",
    ),
    FigureDefinition(
        "unexplained",
        "Not explained by the payouts on record",
        "money",
        "What you earned less all of these: refunds told after their week was settled, deliveries of orders that are sales no"
        " more, payouts that are not kept here or were settled since these figures were computed.",
        _DAYS,
    ),
    FigureDefinition(
        "earned_in_all",
        "Earned",
        "money",
        "All your order lines that are sales since the first, less commission and what was given back of them.",
        _DAYS,
    ),
)
# Where what was earned can be.
PLACES = ("paid_out", "settled", "delivered", "under_way")
DEFINITIONS = (*STEPS, *BALANCE)
# What each step adds, +1, or takes away, -1; `earned` is their sum.
_SIGNS = {"goods": 1, "discounts": -1, "shipping": 1, "tax": 1, "commission": -1, "refunds": -1}


def values_of(sums: Mapping[str, Any]) -> dict[str, float | None]:
    """The figures by name: amounts of the steps without their sign, and what is left."""
    values = {name: int(sums[name]) for name in _SIGNS}
    return {**values, "earned": sum(sign * values[name] for name, sign in _SIGNS.items())}


def waterfall_of(figures: Mapping[str, Figure]) -> list[WaterfallStep]:
    """The steps from the goods to what is the seller's, each from where the one before ended; steps of nothing are left out."""
    steps, level = [], 0
    for name, sign in _SIGNS.items():
        step = _step(figures[name], sign=sign, level=level)
        level = step.until_minor
        if step.change_minor or step.previous_minor or name == "goods":
            steps.append(step)
    return [*steps, _step(figures["earned"], sign=1, level=0)]


def _step(figure: Figure, *, sign: int, level: int) -> WaterfallStep:
    change = sign * int(figure.value or 0)
    before = None if figure.previous is None else sign * int(figure.previous)
    return WaterfallStep(
        name=figure.name, label=figure.label, change_minor=change, until_minor=level + change, previous_minor=before
    )


_SALES = """
    marts.fct_order_items
    where seller_id = %(seller_id)s and is_sale and ordered_at >= %(since)s and ordered_at < %(until)s
"""
# Refunds of orders that are sales; those of others never were revenue.
_REFUNDS = """
    marts.fct_refunds as refunds
    inner join marts.fct_orders as orders on orders.order_id = refunds.order_id and orders.is_sale
    where refunds.seller_id = %(seller_id)s and refunds.refunded_at >= %(since)s and refunds.refunded_at < %(until)s
"""
# Whether a line of `orders` that `refunds` gives money back for is delivered. The instant of the order is named to find its lines
# among the seller's, which may be many.
IS_DELIVERED = """
    exists (
        select from marts.fct_order_items as items
        where items.seller_id = %(seller_id)s and items.ordered_at = orders.ordered_at and items.order_id = orders.order_id
            and items.delivered_at is not null
            and items.order_item_id = coalesce(refunds.order_item_id, items.order_item_id)
    )
"""
# What each line that is a sale and waits to be delivered, and each refund of one, adds to or takes from the seller.
UNDER_WAY = f"""
    with waiting as materialized (
        select order_item_id, order_id, ordered_at, total_minor - commission_minor as net_minor
        from marts.fct_order_items where seller_id = %(seller_id)s and is_sale and delivered_at is null
    )
    select ordered_at as happened_at, order_item_id || '/line' as movement_id, 'line, less commission' as kind, order_id,
        net_minor as amount_minor
    from waiting
    union all
    select refunds.refunded_at, refunds.refund_id || '/refund', 'refund', refunds.order_id, -refunds.amount_minor
    from (select distinct order_id, ordered_at from waiting) as orders
    inner join marts.fct_refunds as refunds on refunds.order_id = orders.order_id and refunds.seller_id = %(seller_id)s
    where not {IS_DELIVERED}
"""
_DELIVERED = f"""
    with settled as (
        select coalesce(((max(period_end_date) + 1)::timestamp at time zone %(time_zone)s), '-infinity') as until_at
        from shop.payouts where seller_id = %(seller_id)s
    )
    select delivered_at as happened_at, order_item_id || '/line' as movement_id, 'line, less commission' as kind, order_id,
        total_minor - commission_minor as amount_minor
    from marts.fct_order_items, settled where seller_id = %(seller_id)s and delivered_at >= until_at
    union all
    select refunds.refunded_at, refunds.refund_id || '/refund', 'refund', refunds.order_id, -refunds.amount_minor
    from settled
    inner join marts.fct_refunds as refunds on refunds.seller_id = %(seller_id)s and refunds.refunded_at >= settled.until_at
    inner join marts.fct_orders as orders on orders.order_id = refunds.order_id
    where {IS_DELIVERED}
"""
_MOVEMENTS = (
    Column("happened_at", "When", "instant"),
    Column("movement_id", "Movement", "text"),
    Column("kind", "What", "text"),
    Column("order_id", "Order", "text"),
    Column("amount_minor", "Amount", "money", adds_up=True),
)
_PAYOUTS = (
    Column("period_end_date", "Week to", "date"),
    Column("payout_id", "Payout", "text"),
    Column("period_start_date", "Week from", "date"),
    Column("status", "Status", "text"),
    Column("paid_at", "Paid", "instant"),
    Column("gross_minor", "Delivered", "money", adds_up=True),
    Column("commission_minor", "Commission", "money", adds_up=True),
    Column("refund_minor", "Refunds", "money", adds_up=True),
    Column("net_minor", "Paid out", "money", adds_up=True),
)
_PAYOUTS_WHERE = f"select {', '.join(column.name for column in _PAYOUTS)} from shop.payouts where seller_id = %(seller_id)s and"

ROW_TABLES = (
    RowTable(
        "statement",
        "Statement",
        "One row per movement of money: the parts of each order line when it was ordered, each refund when it was given"
        " back. What goes from you is negative; together they are what is yours.",
        _MOVEMENTS,
        f"""
        select ordered_at as happened_at, order_item_id || '/' || part.kind as movement_id, part.kind, order_id, part.amount_minor
        from (select * from {_SALES}) as lines
        cross join lateral (
            values ('goods', (unit_price_minor + customisation_minor) * quantity), ('discount', -discount_minor),
                ('shipping', shipping_minor), ('tax', tax_minor), ('commission', -commission_minor)
        ) as part (kind, amount_minor)
        where part.amount_minor <> 0
        union all
        select refunds.refunded_at, refunds.refund_id || '/refund', 'refund', refunds.order_id, -refunds.amount_minor
        from {_REFUNDS}
        """,
        ("happened_at", "movement_id"),
        tab="money",
    ),
    RowTable(
        "refunds",
        "Refunds",
        "One row per refund of a sale that was given back in the period, with your part of it.",
        (
            Column("refunded_at", "Refunded", "instant"),
            Column("refund_id", "Refund", "text"),
            Column("order_id", "Order", "text"),
            Column("ordered_at", "Ordered", "instant"),
            Column("amount_minor", "Amount", "money", adds_up=True),
        ),
        "select refunds.refunded_at, refunds.refund_id, refunds.order_id, orders.ordered_at, refunds.amount_minor"
        f" from {_REFUNDS}",
        ("refunded_at", "refund_id"),
        tab="money",
    ),
    RowTable(
        "under_way",
        "Not delivered yet",
        "One row per order line that is a sale and is not delivered yet, less commission, and per refund of such a line. Once"
        " delivered, they are paid out with their week.",
        _MOVEMENTS,
        UNDER_WAY,
        ("happened_at", "movement_id"),
        tab="money",
        has_period=False,
        nothing="Everything that was sold is delivered.",
    ),
    RowTable(
        "delivered",
        "Delivered, not settled yet",
        "One row per order line that was delivered since the last settled day, less commission, and per refund since of what is"
        " delivered.",
        _MOVEMENTS,
        _DELIVERED,
        ("happened_at", "movement_id"),
        tab="money",
        has_period=False,
        nothing="Nothing was delivered since the last payout's week.",
    ),
    RowTable(
        "payouts",
        "Payouts",
        "One row per week that ended in the period: what was delivered in it, less commission and refunds.",
        _PAYOUTS,
        f"{_PAYOUTS_WHERE} period_end_date between %(first)s and %(last)s",
        ("period_end_date", "payout_id"),
        tab="money",
    ),
    RowTable(
        "paid_out",
        "Paid out",
        "One row per payout that went to you, since your first sale.",
        _PAYOUTS,
        f"{_PAYOUTS_WHERE} status = 'paid'",
        ("period_end_date", "payout_id"),
        tab="money",
        has_period=False,
        nothing="No payout went to you yet.",
    ),
    RowTable(
        "settled",
        "Settled, on its way to you",
        "One row per payout that is settled and not paid yet.",
        _PAYOUTS,
        f"{_PAYOUTS_WHERE} status = 'pending'",
        ("period_end_date", "payout_id"),
        tab="money",
        has_period=False,
        nothing="Every payout that is settled was paid.",
    ),
)
