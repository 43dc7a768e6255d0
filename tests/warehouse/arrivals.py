"""A clean shop delivered badly: in batches, shuffled, some rows twice, some late, some wrong at first and corrected later."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg

# The tables of the test shops, each with what a wrong first version says.
WRONG = {
    "users": "signed_up_at = signed_up_at - interval '40 days'",
    "addresses": "latitude = 0, longitude = 0",
    "sellers": "time_zone = 'Pacific/Auckland', commission_bps = 1",
    "categories": "name = 'Wrong'",
    "products": "category_id = 'category-3', seller_id = 'seller-1', price_minor = 1",
    "stock": "units_on_hand = 0",
    "devices": "family = 'wrong'",
    "sessions": "customer_id = null, started_at = started_at - interval '1 day'",
    "events": "product_id = 'thing-1', occurred_at = occurred_at - interval '3 days', event_type = 'product_view',"
    " search_query = 'wrong'",
    "orders": "customer_id = 'crowd-1', status = 'created', approved_at = null, cancelled_at = null",
    "order_items": "product_id = 'thing-2', seller_id = 'seller-1', shipped_at = null",
    "payment_attempts": "device_id = 'device-1', customer_id = 'crowd-2', outcome = 'declined'",
    "fraud_decisions": "decision = 'approve'",
    "fraud_labels": "outcome = 'fraud', labelled_at = labelled_at - interval '2 days'",
    "chargebacks": "received_at = received_at + interval '1 day'",
    "transactions": "amount_minor = 1",
    "refunds": "amount_minor = 1, refunded_at = refunded_at + interval '9 days'",
    "impressions": "product_id = 'thing-1', shown_at = shown_at - interval '2 days', arm = 'champion', request_id = 'list-1'",
    "reviews": "rating = 1, product_id = 'thing-3', is_hidden = true, reviewed_at = reviewed_at - interval '6 days'",
    "tag_suggestions": "status = 'suggested', final_value = null, answered_in = null, answered_at = null",
    "messages": "sender = 'seller', customer_id = 'crowd-3', sent_at = sent_at - interval '2 days'",
}


# When rows of these tables happen; the other tables are there from the first batch on.
INSTANTS = {
    "sessions": "started_at",
    "events": "occurred_at",
    "orders": "ordered_at",
    "payment_attempts": "attempted_at",
    "fraud_decisions": "decided_at",
    "fraud_labels": "labelled_at",
    "chargebacks": "received_at",
    "transactions": "occurred_at",
    "refunds": "refunded_at",
    "impressions": "shown_at",
    "reviews": "reviewed_at",
    "tag_suggestions": "suggested_at",
    "messages": "sent_at",
}


@dataclass(frozen=True)
class Disorder:
    """Shares of the rows that come again, that come late, and that are wrong at first; and in which order they come.

    In order of time a row comes in the batch of its instant, or up to `days_late` after it; otherwise in any batch.
    """

    repeated: float = 0.2
    late: float = 0.05
    wrong: float = 0.1
    days_late: int = 7
    in_order_of_time: bool = False


def deliver(database_url: str, *, batches: int, seed: int, disorder: Disorder) -> Iterator[int]:
    """Empty the shop of this database, then give its rows back batch by batch; yields after each batch.

    What a batch brings is written as any writer would: a new row, or the same row again with a fresh `updated_at`. After the
    last batch the shop is as it was.
    """
    with psycopg.connect(database_url) as connection:
        connection.execute("set session_replication_role = replica")  # no foreign keys: children may come before parents
        connection.execute("create schema clean")
        connection.execute("select setseed(%s)", [random.Random(seed).random()])
        for table, wrong in WRONG.items():
            key = _key(connection, table)
            connection.execute(f"create table clean.{table} as select * from shop.{table} order by random()".encode())
            connection.execute(f"delete from shop.{table}".encode())
            connection.execute(_plan(table, key, batches, disorder).encode())
            mistaken = f"select * from clean.{table} where {key} in (select id from clean.plan_{table} where kind = 'wrong')"
            connection.execute(f"create table clean.wrong_{table} as {mistaken}".encode())
            connection.execute(f"update clean.wrong_{table} set {wrong}".encode())
        connection.commit()
        for batch in range(1, batches + 1):
            connection.execute("set session_replication_role = replica")
            for table in WRONG:
                for kind in ("wrong", "right", "again"):
                    _deliver(connection, table, batch, kind)
            connection.commit()
            yield batch


def _key(connection: psycopg.Connection[tuple[str]], table: str) -> str:
    row = connection.execute(
        "select attname from pg_index join pg_attribute on attrelid = indrelid and attnum = indkey[0]"
        " where indrelid = %s::regclass and indisprimary",
        [f"shop.{table}"],
    ).fetchone()
    assert row is not None
    return row[0]


def _plan(table: str, key: str, batches: int, disorder: Disorder) -> str:
    """Which row comes in which batch: once right, some once more, some wrong in the batch before."""
    due = f"case when random() < {disorder.late} then {batches} else 1 + floor(random() * {batches})::integer end"
    if disorder.in_order_of_time:
        instant = INSTANTS.get(table, "null::timestamptz")
        lateness = f"case when random() < {disorder.late} then random() * {disorder.days_late} else 0 end * interval '1 day'"
        arrival = f"extract(epoch from {instant} + {lateness} - min({instant}) over ())"
        span = f"nullif(extract(epoch from max({instant}) over () - min({instant}) over ()), 0)"
        due = f"least({batches}, 1 + floor(coalesce({batches} * {arrival} / {span}, 0)))::integer"
    return f"""
        create table clean.plan_{table} as
        with due as (
            select {key} as id, {due} as batch, random() as again, random() as wrong from clean.{table}
        )
        select id, batch, 'right' as kind from due
        union all
        select id, batch + floor(random() * ({batches} + 1 - batch))::integer, 'again' from due where again < {disorder.repeated}
        union all
        select id, batch - 1, 'wrong' from due where wrong < {disorder.wrong} and batch > 1
    """


def _deliver(connection: psycopg.Connection[tuple[str]], table: str, batch: int, kind: str) -> None:
    key = _key(connection, table)
    columns = [
        row[0]
        for row in connection.execute(
            "select attname from pg_attribute where attrelid = %s::regclass and attnum > 0 and not attisdropped"
            " and attname not in ('created_at', 'updated_at') and attgenerated = ''",
            [f"shop.{table}"],
        )
    ]
    source = f"wrong_{table}" if kind == "wrong" else table
    connection.execute(
        f"""
        insert into shop.{table} ({", ".join(columns)})
        select {", ".join(columns)} from clean.{source}
        where {key} in (select id from clean.plan_{table} where batch = {batch} and kind = '{kind}')
        on conflict ({key}) do update set updated_at = clock_timestamp(),
            {", ".join(f"{column} = excluded.{column}" for column in columns)}
        """.encode()
    )
