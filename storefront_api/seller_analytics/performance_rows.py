"""The rows behind the measures of service."""

from storefront_api.analytics.rows import Column, RowTable
from storefront_api.seller_analytics.performance import ORDERS, QUESTIONS

ROW_TABLES = (
    RowTable(
        "service_orders",
        "Orders and what became of them",
        "One row per paid order of yours, with everything that the measures of service count.",
        (
            Column("ordered_at", "Ordered", "instant"),
            Column("order_id", "Order", "text"),
            Column("ship_by_at", "Promised", "instant"),
            Column("shipped_at", "Shipped", "instant"),
            Column("delivered_at", "Arrived", "instant"),
            Column("cancelled_at", "Cancelled", "instant"),
            Column("refunded_at", "Money back", "instant"),
            Column("poorly_reviewed_at", "One or two stars", "instant"),
            Column("defect_count", "Defects", "count", adds_up=True),
            Column("due_count", "Due", "count", adds_up=True),
            Column("late_count", "Late", "count", adds_up=True),
            Column("cancelled_count", "Cancelled unshipped", "count", adds_up=True),
            Column("shipped_count", "Was shipped", "count", adds_up=True),
            Column("traced_count", "Traced", "count", adds_up=True),
        ),
        ORDERS,
        ("ordered_at", "order_id"),
        tab="performance",
    ),
    RowTable(
        "questions",
        "Questions",
        "One row per question that a customer asked you, from the age of 24 hours on; several messages in a row are one. What was"
        " written stays in the conversation.",
        (
            Column("asked_at", "Asked", "instant"),
            Column("message_id", "Message", "text"),
            Column("order_id", "Order", "text"),
            Column("answered_at", "Answered", "instant"),
            Column("reply_minutes", "Minutes until the reply", "count"),
            Column("answered_in_time_count", "Within 24 hours", "count", adds_up=True),
        ),
        QUESTIONS,
        ("asked_at", "message_id"),
        tab="performance",
    ),
)
