"""Sales of a period: what each figure means, its arithmetic, and the rows that were counted."""

from storefront_api.analytics.definitions import FigureDefinition
from storefront_api.analytics.figures import Parts
from storefront_api.analytics.rows import Column, RowTable
from storefront_api.seller_analytics.signs import sign_of

DEFINITIONS = (
    FigureDefinition(
        "revenue",
        "Revenue",
        "money",
        "Sum of your order lines that are sales, by the day they were ordered: goods, customisation, shipping and tax,"
        " less discounts. Commission and refunds are not taken off.",
        "marts.fct_seller_days",
        "orders",
    ),
    FigureDefinition(
        "orders",
        "Orders",
        "count",
        "Orders with at least one of your lines that is a sale.",
        "marts.fct_seller_days",
        "orders",
    ),
    FigureDefinition("order_value", "Average order", "money", "Revenue divided by orders.", "marts.fct_seller_days", "orders"),
    FigureDefinition(
        "visits",
        "Visits",
        "count",
        "Sessions in which one of your products was looked at; each counts once, on the day of its first look.",
        "marts.fct_seller_days",
        "visits",
    ),
    FigureDefinition("conversion", "Conversion", "rate", "Orders divided by visits.", "marts.fct_seller_days", "days"),
    FigureDefinition(
        "returning",
        "Returning customers",
        "rate",
        "Of the customers who bought in this period, the share who had bought from you before it.",
        "marts.fct_order_items",
        "buyers",
    ),
    FigureDefinition(
        "units",
        "Units sold",
        "count",
        "Pieces in your order lines that are sales.",
        "marts.fct_seller_days",
        "order_lines",
    ),
)
# Numerator and denominator of each, by the names of `repository.sums`.
PARTS: Parts = {
    "revenue": ("revenue_minor", None),
    "orders": ("order_count", None),
    "order_value": ("revenue_minor", "order_count"),
    "visits": ("visit_count", None),
    "conversion": ("order_count", "visit_count"),
    "returning": ("returning_customer_count", "customer_count"),
    "units": ("units_sold", None),
}


_LINES = """
    from marts.fct_order_items
    where seller_id = %(seller_id)s and is_sale and ordered_at >= %(since)s and ordered_at < %(until)s
"""

ROW_TABLES = (
    RowTable(
        "days",
        "Days",
        "One row per day of your calendar.",
        (
            Column("sale_date", "Day", "date"),
            Column("order_count", "Orders", "count", adds_up=True),
            Column("units_sold", "Units", "count", adds_up=True),
            Column("visit_count", "Visits", "count", adds_up=True),
            Column("revenue_minor", "Revenue", "money", adds_up=True),
            Column("commission_minor", "Commission", "money", adds_up=True),
            Column("refund_minor", "Refunded", "money", adds_up=True),
        ),
        "select sale_date, order_count, units_sold, visit_count, revenue_minor, commission_minor, refund_minor"
        " from marts.fct_seller_days where seller_id = %(seller_id)s and sale_date between %(first)s and %(last)s",
        ("sale_date",),
    ),
    RowTable(
        "orders",
        "Orders",
        "One row per order with a sale of yours; amounts are those of your lines alone.",
        (
            Column("ordered_at", "Ordered", "instant"),
            Column("order_id", "Order", "text"),
            Column("line_count", "Lines", "count", adds_up=True),
            Column("units", "Units", "count", adds_up=True),
            Column("discount_minor", "Discount", "money", adds_up=True),
            Column("commission_minor", "Commission", "money", adds_up=True),
            Column("revenue_minor", "Revenue", "money", adds_up=True),
        ),
        "select ordered_at, order_id, count(*) as line_count, sum(quantity)::bigint as units,"
        " sum(discount_minor)::bigint as discount_minor, sum(commission_minor)::bigint as commission_minor,"
        f" sum(total_minor)::bigint as revenue_minor {_LINES} group by ordered_at, order_id",
        ("ordered_at", "order_id"),
    ),
    RowTable(
        "order_lines",
        "Order lines",
        "One row per order line of yours that is a sale.",
        (
            Column("ordered_at", "Ordered", "instant"),
            Column("order_item_id", "Line", "text"),
            Column("order_id", "Order", "text"),
            Column("product_id", "Product", "text"),
            Column("quantity", "Units", "count", adds_up=True),
            Column("unit_price_minor", "Price", "money"),
            Column("customisation_minor", "Customisation per unit", "money"),
            Column("discount_minor", "Discount", "money", adds_up=True),
            Column("shipping_minor", "Shipping", "money", adds_up=True),
            Column("tax_minor", "Tax", "money", adds_up=True),
            Column("total_minor", "Total", "money", adds_up=True),
            Column("commission_minor", "Commission", "money", adds_up=True),
        ),
        "select ordered_at, order_item_id, order_id, product_id, quantity, unit_price_minor, customisation_minor,"
        f" discount_minor, shipping_minor, tax_minor, total_minor, commission_minor {_LINES}",
        ("ordered_at", "order_item_id"),
    ),
    RowTable(
        "buyers",
        "Buyers",
        "One row per customer who bought in the period. Names stay with the shop: the sign stands for the same person"
        " in all your tables, and for nobody in another seller's.",
        (
            Column("last_ordered_at", "Last order", "instant"),
            Column("customer", "Customer", "text"),
            Column("order_count", "Orders", "count", adds_up=True),
            Column("revenue_minor", "Revenue", "money", adds_up=True),
            Column("has_bought_before", "Bought before", "yes_no"),
            Column("returning_count", "Returning", "count", adds_up=True),
        ),
        f"""
        select last_ordered_at, {sign_of("customer_id")} as customer,
            order_count, revenue_minor, has_bought_before, has_bought_before::integer as returning_count
        from (
            select bought.*, exists (
                select from marts.fct_order_items as earlier
                where earlier.seller_id = %(seller_id)s and earlier.customer_id = bought.customer_id and earlier.is_sale
                    and earlier.ordered_at < %(since)s
            ) as has_bought_before
            from (
                select customer_id, max(ordered_at) as last_ordered_at, count(distinct order_id) as order_count,
                    sum(total_minor)::bigint as revenue_minor
                {_LINES} group by customer_id
            ) as bought
        ) as buyers
        """,
        ("last_ordered_at", "customer"),
    ),
)
