"""Orders and their payments after a late line: where a source tells no totals, they are the sums of what is in the shop."""

from collections.abc import Sequence
from typing import Any

import psycopg

# Each step restates only rows that differ, and notes it, so that the next file may still restate them.
_STEPS = {
    "orders": """
        with sums as (
            select order_id, sum(unit_price_minor * quantity)::bigint as subtotal_minor,
                sum(discount_minor)::bigint as discount_minor,
                sum(shipping_minor)::bigint as shipping_minor, sum(tax_minor)::bigint as tax_minor,
                sum(total_minor)::bigint as total_minor
            from shop.order_items where order_id = any(%(orders)s) group by 1
        ),
        done as (
            update shop.orders o set subtotal_minor = s.subtotal_minor, discount_minor = s.discount_minor,
                shipping_minor = s.shipping_minor, tax_minor = s.tax_minor, total_minor = s.total_minor
            from sums s
            where o.order_id = s.order_id and (o.subtotal_minor, o.discount_minor, o.shipping_minor, o.tax_minor, o.total_minor)
                is distinct from (s.subtotal_minor, s.discount_minor, s.shipping_minor, s.tax_minor, s.total_minor)
            returning o.order_id as row_key,
                '{subtotal_minor,discount_minor,shipping_minor,tax_minor,total_minor}'::text[] as columns, o.updated_at
        )
    """,
    "order_items": """
        with done as (
            update shop.order_items i set shipped_at = o.shipped_at, delivered_at = o.delivered_at
            from shop.orders o
            where o.order_id = i.order_id and o.order_id = any(%(orders)s)
                and (i.shipped_at, i.delivered_at) is distinct from (o.shipped_at, o.delivered_at)
            returning i.order_item_id as row_key, '{shipped_at,delivered_at}'::text[] as columns, i.updated_at
        )
    """,
    "payment_attempts": """
        with done as (
            update shop.payment_attempts a set amount_minor = o.total_minor
            from shop.orders o
            where a.payment_attempt_id = 'attempt-' || o.order_id and o.order_id = any(%(orders)s)
                and a.amount_minor <> o.total_minor
            returning a.payment_attempt_id as row_key, '{amount_minor}'::text[] as columns, a.updated_at
        )
    """,
    "transactions": """
        with done as (
            update shop.transactions t set amount_minor = o.total_minor
            from shop.orders o
            where t.transaction_id = 'charge-' || o.order_id and o.order_id = any(%(orders)s) and t.amount_minor <> o.total_minor
            returning t.transaction_id as row_key, '{amount_minor}'::text[] as columns, t.updated_at
        )
    """,
}
_NOTE = """
    insert into ingest.restatements (source, object, row_key, restated_columns, restated_at)
    select %(source)s, %(object)s, row_key, columns, updated_at from done
"""


def follow_lines(connection: psycopg.Connection[Any], order_ids: Sequence[str], source: str) -> int:
    """Bring totals, charges and the lines' own times in step with the lines and orders of the shop; how many attempts changed.

    `source` must name attempts `attempt-<order>` and charges `charge-<order>`.
    """
    values = {"orders": list(order_ids), "source": source}
    changed = {
        table: connection.execute(step + _NOTE, values | {"object": table}).rowcount  # type: ignore[arg-type]
        for table, step in _STEPS.items()
    }
    return changed["payment_attempts"]
