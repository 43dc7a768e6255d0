"""Queries about rows that did not fit, messages that wait, and figures of models."""

from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow


async def quarantine(connection: AsyncConnection[DictRow], *, limit: int) -> list[DictRow]:
    """Rows that did not fit, counted by where they came from and why."""
    query = (
        "select source, object, reason, sum(seen_count)::int as row_count, max(last_seen_at) as last_seen_at"
        " from quarantine.rows group by 1, 2, 3 order by row_count desc, source, object, reason limit %s"
    )
    return await (await connection.execute(query, (limit,))).fetchall()


async def outbox(connection: AsyncConnection[DictRow]) -> DictRow:
    """How many messages wait for the relay, and since when the oldest does."""
    query = (
        "select count(*)::int as waiting_count, min(created_at) as oldest_at,"
        " coalesce(extract(epoch from clock_timestamp() - min(created_at)), 0)::float8 as lag_seconds"
        " from shop.outbox where relayed_at is null"
    )
    row = await (await connection.execute(query)).fetchone()
    assert row is not None
    return row


async def evaluations(connection: AsyncConnection[DictRow], model_name: str, version: str | None) -> list[dict[str, Any]]:
    """The figures of one version, of the newest where none is named."""
    query = (
        "select model_version, method, is_served, metric, value, low, high, row_count, evaluated_at"
        " from monitoring.model_evaluations where model_name = %(name)s and model_version = coalesce(%(version)s, ("
        " select model_version from monitoring.model_evaluations where model_name = %(name)s"
        " order by evaluated_at desc limit 1)) order by is_served desc, method, metric"
    )
    return await (await connection.execute(query, {"name": model_name, "version": version})).fetchall()
