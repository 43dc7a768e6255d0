"""A shop of any size: one simulated marketplace copied n times inside Postgres, and one more day of it."""

from collections.abc import Sequence

import psycopg

# Per table its key, the columns that name rows of copied tables, and its instants; in an order that keeps foreign keys.
_ROWS: dict[str, tuple[str, Sequence[str], Sequence[str]]] = {
    "users": ("user_id", (), ("signed_up_at",)),
    "addresses": ("address_id", ("user_id",), ()),
    "devices": ("device_id", (), ("first_seen_at",)),
    "sellers": ("seller_id", ("user_id",), ("joined_at",)),
    "products": ("product_id", ("seller_id",), ("listed_at",)),
    "stock": ("product_id", (), ()),
    "sessions": ("session_id", ("customer_id", "device_id"), ("started_at", "last_seen_at")),
    "events": ("event_id", ("session_id", "customer_id", "device_id", "product_id"), ("occurred_at",)),
    "orders": (
        "order_id",
        ("customer_id", "shipping_address_id", "billing_address_id", "session_id"),
        ("ordered_at", "approved_at", "shipped_at", "delivered_at", "estimated_delivery_at", "cancelled_at"),
    ),
    "order_items": ("order_item_id", ("order_id", "product_id", "seller_id"), ("ship_by_at", "shipped_at", "delivered_at")),
    "payment_attempts": (
        "payment_attempt_id",
        ("order_id", "customer_id", "session_id", "device_id", "shipping_address_id", "billing_address_id", "card_token"),
        ("attempted_at",),
    ),
    "transactions": ("transaction_id", ("order_id", "payment_attempt_id"), ("occurred_at",)),
    "refunds": ("refund_id", ("order_id", "order_item_id"), ("refunded_at",)),
    "chargebacks": ("chargeback_id", ("order_id", "payment_attempt_id"), ("received_at",)),
    "fraud_labels": ("fraud_label_id", ("payment_attempt_id", "order_id"), ("labelled_at",)),
    "reviews": ("review_id", ("order_id", "product_id", "seller_id", "customer_id"), ("reviewed_at",)),
}
_LIVING = ("sessions", "events", "orders", "order_items", "payment_attempts", "transactions", "reviews")


def multiply(connection: psycopg.Connection, times: int) -> int:  # type: ignore[type-arg]
    """Add `times - 1` copies of everything in the shop, each with people, listings and ids of its own; the rows there are now."""
    connection.execute("set session_replication_role = replica")  # the copies are as whole as the original
    for table, (key, references, _) in _ROWS.items():
        own = ", ".join(f"{column} || '~' || n" for column in dict.fromkeys((key, *references)))
        named = list(dict.fromkeys((key, *references)))
        unique = {"users": {"email": "n || '~' || email"}}.get(table, {})
        rest = [column for column in _columns(connection, table) if column not in named and column not in unique]
        columns, values = ", ".join([*named, *unique, *rest]), ", ".join([own, *unique.values(), *rest])
        copies = f"select {values} from shop.{table} cross join generate_series(2, {times}) as n"
        connection.execute(f"insert into shop.{table} ({columns}) {copies}".encode())
    connection.execute("set session_replication_role = default")
    connection.execute("analyze")
    return sum(count(connection, f"shop.{table}") for table in _ROWS)


def add_day(connection: psycopg.Connection, number: int) -> int:  # type: ignore[type-arg]
    """Let the shop's last day happen once more, `number` days later, with ids of its own; the rows added."""
    connection.execute("set session_replication_role = replica")
    added = 0
    for table in _LIVING:
        key, references, instants = _ROWS[table]
        renamed = [column for column in (key, *references) if column in _KEYS_OF_LIVING]
        rest = [column for column in _columns(connection, table) if column not in (*renamed, *instants)]
        values = [f"{column} || '+{number}'" for column in renamed] + [
            f"{column} + {number} * interval '1 day'" for column in instants
        ]
        day = "select max(occurred_at) - interval '1 day' from shop.events where event_id not like '%+%'"
        happened = "ordered_at" if table in ("orders", "order_items") else instants[0]
        source = "shop.order_items join (select order_id, ordered_at from shop.orders) as o using (order_id)"
        columns, source = ", ".join([*renamed, *instants, *rest]), source if table == "order_items" else f"shop.{table}"
        again = f"select {', '.join([*values, *rest])} from {source} where {happened} > ({day}) and {key} not like '%+%'"
        added += connection.execute(f"insert into shop.{table} ({columns}) {again}".encode()).rowcount
    connection.execute("set session_replication_role = default")
    return added


_KEYS_OF_LIVING = {_ROWS[table][0] for table in _LIVING}


def count(connection: psycopg.Connection, table: str) -> int:  # type: ignore[type-arg]
    """The rows of a table."""
    row = connection.execute(f"select count(*) from {table}".encode()).fetchone()
    assert row is not None
    return int(row[0])


def _columns(connection: psycopg.Connection, table: str) -> list[str]:  # type: ignore[type-arg]
    query = (
        "select attname from pg_attribute where attrelid = %s::regclass and attnum > 0 and not attisdropped and attgenerated = ''"
        " and attname not in ('created_at', 'updated_at')"
    )
    return [row[0] for row in connection.execute(query, [f"shop.{table}"])]
