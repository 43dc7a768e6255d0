"""Every query on events and on what was set aside of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

Connection = AsyncConnection[DictRow]

_COLUMNS = {
    "event_id": "text",
    "event_type": "text",
    "product_id": "text",
    "quantity": "integer",
    "search_query": "text",
    "request_id": "text",
    "shelf": "text",
    "position": "smallint",
    "occurred_at": "timestamptz",
}
_INSERT = f"""
    insert into shop.events (session_id, customer_id, device_id, {", ".join(_COLUMNS)})
    select %(session_id)s, %(customer_id)s, %(device_id)s, rows.*
    from unnest({", ".join(f"%({name})s::{kind}[]" for name, kind in _COLUMNS.items())}) as rows
    on conflict (event_id) do nothing
    returning event_id
"""


async def known_products(connection: Connection, product_ids: Sequence[str]) -> set[str]:
    """Which of these products exist."""
    cursor = await connection.execute("select product_id from shop.products where product_id = any(%s)", (list(product_ids),))
    return {row["product_id"] for row in await cursor.fetchall()}


async def add_events(
    connection: Connection,
    events: Sequence[dict[str, Any]],
    *,
    session_id: str,
    customer_id: str | None,
    device_id: str,
) -> set[str]:
    """Ids of the events that are new; one that is there already is left as it is."""
    columns = {name: [event[name] for event in events] for name in _COLUMNS}
    cursor = await connection.execute(
        _INSERT, columns | {"session_id": session_id, "customer_id": customer_id, "device_id": device_id}
    )
    return {row["event_id"] for row in await cursor.fetchall()}


async def tell_features(connection: Connection, session_id: str, event_ids: Sequence[str]) -> None:
    """A message for each event that moves the session's features; the relay reads them."""
    await connection.execute(
        "insert into shop.outbox (topic, key, payload) "
        "select 'session_events', %(session)s, jsonb_build_object('event_id', event_id) from unnest(%(ids)s::text[]) as event_id",
        {"session": session_id, "ids": list(event_ids)},
    )


async def set_aside(connection: Connection, rows: Sequence[dict[str, Any]], *, now: datetime) -> None:
    """Keep rows that could not be used, with the reason; the same row again is counted, not repeated, and open again."""
    async with connection.cursor() as cursor:
        await cursor.executemany(
            """
            insert into quarantine.rows (source, object, row_key, reason, payload, payload_hash, context,
                first_seen_at, last_seen_at)
            values ('storefront', 'events', %(row_key)s, %(reason)s, %(payload)s, %(payload_hash)s, %(context)s, %(now)s, %(now)s)
            on conflict (source, object, payload_hash, reason) do update set
                seen_count = quarantine.rows.seen_count + 1, last_seen_at = excluded.last_seen_at,
                resolved_at = null, resolution = null, replaced_by = null
            """,
            [row | {"payload": Jsonb(row["payload"]), "context": Jsonb(row["context"]), "now": now} for row in rows],
        )


async def ensure_session(connection: Connection, context: dict[str, Any], *, at: datetime) -> None:
    """Have the session and the device of an event that was put aside, when none of their own events were good."""
    known = context | {"at": at}
    await connection.execute(
        "insert into shop.devices (device_id, first_seen_at) values (%(device_id)s, %(at)s) on conflict do nothing", known
    )
    await connection.execute(
        "insert into shop.sessions (session_id, customer_id, device_id, started_at, last_seen_at) "
        "values (%(session_id)s, %(customer_id)s, %(device_id)s, %(at)s, %(at)s) on conflict do nothing",
        known,
    )
