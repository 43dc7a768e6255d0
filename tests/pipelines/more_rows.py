"""More of what a shop has already, so that a run has something to do in every table."""

import psycopg

from tests.living import Living


def _latest(table: str, key: str, instant: str, rows: int) -> str:
    return f"{key} = any(array(select {key} from shop.{table} where {key} not like '%%+%%' order by {instant} desc limit {rows}))"


# Which rows come again, and which of their columns get a new name. What hangs on an order comes with it.
_EVENTS = _latest("events", "event_id", "occurred_at", 60)
_ORDERS = _latest("orders", "order_id", "ordered_at", 8)
_REVIEWS = _latest("reviews", "review_id", "reviewed_at", 3)
_AGAIN = {
    "events": (_EVENTS, ("event_id",)),
    "orders": (_ORDERS, ("order_id",)),
    "order_items": (_ORDERS, ("order_item_id", "order_id")),
    "payment_attempts": (_ORDERS, ("payment_attempt_id", "order_id")),
    "transactions": (_ORDERS, ("transaction_id", "order_id")),
    "reviews": (_REVIEWS, ("review_id",)),
}


def more_of_everything(living: Living, suffix: str) -> None:
    """The latest clicks, orders and reviews once more, at the instants of the first ones, their names ending in `suffix`."""
    with psycopg.connect(living.settings.database_url()) as connection:
        for table, (where, names) in _AGAIN.items():
            news = ", ".join(
                [f"'{name}', {name} || %(suffix)s::text" for name in names] + ["'created_at', now(), 'updated_at', now()"]
            )
            copies = f"select (jsonb_populate_record(t, jsonb_build_object({news}))).* from shop.{table} as t where {where}"
            connection.execute(f"insert into shop.{table} {copies}".encode(), {"suffix": suffix})
