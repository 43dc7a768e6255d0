"""Every query on rows in quarantine."""

from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

Connection = AsyncConnection[DictRow]


async def groups(connection: Connection) -> list[DictRow]:
    """Waiting rows counted by source, object and reason, the largest group first."""
    query = (
        "select source, object, reason, count(*)::int as row_count, sum(seen_count)::int as seen_count,"
        " min(first_seen_at) as first_seen_at, max(last_seen_at) as last_seen_at"
        " from quarantine.rows where resolved_at is null group by 1, 2, 3 order by row_count desc, 1, 2, 3 limit 200"
    )
    return await (await connection.execute(query)).fetchall()


async def resolved_count(connection: Connection) -> int:
    """How many rows were corrected so far."""
    row = await (
        await connection.execute("select count(*)::int as n from quarantine.rows where resolved_at is not null")
    ).fetchone()
    return row["n"] if row else 0


async def rows(
    connection: Connection, *, source: str, object_: str, reason: str | None, before: int | None, limit: int
) -> list[DictRow]:
    """Waiting rows of one group without their payload, the newest first."""
    query = (
        "select quarantine_id, source, object, row_key, reason, seen_count, first_seen_at, last_seen_at,"
        " correction is not null as is_being_sent from quarantine.rows"
        " where resolved_at is null and source = %(source)s and object = %(object)s"
        " and (%(reason)s::text is null or reason = %(reason)s) and (%(before)s::bigint is null or quarantine_id < %(before)s)"
        " order by quarantine_id desc limit %(limit)s"
    )
    given = {"source": source, "object": object_, "reason": reason, "before": before, "limit": limit}
    return await (await connection.execute(query, given)).fetchall()


async def row(connection: Connection, quarantine_id: int, *, for_update: bool = False) -> DictRow | None:
    """One row with everything."""
    query = "select * from quarantine.rows where quarantine_id = %s" + (" for update" if for_update else "")
    return await (await connection.execute(query, (quarantine_id,))).fetchone()


async def keep_correction(connection: Connection, quarantine_id: int, payload: Any, *, by: str, now: datetime) -> None:
    """Leave a corrected payload for the relay to send again."""
    await connection.execute(
        "update quarantine.rows set correction = %s, corrected_by = %s, corrected_at = %s where quarantine_id = %s",
        (Jsonb(payload), by, now, quarantine_id),
    )
