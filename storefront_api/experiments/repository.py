"""Every query around experiments."""

from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow

Connection = AsyncConnection[DictRow]


async def running(connection: Connection, surface: str) -> DictRow | None:
    """The experiment that runs on a surface; there is one at most."""
    query = "select * from shop.experiments where surface = %s and stopped_at is null"
    return await (await connection.execute(query, [surface])).fetchone()


async def newest(connection: Connection, *, limit: int, experiment_id: str | None = None) -> list[DictRow]:
    """Experiments or the one named, the running one first, with how many units each arm has been shown to so far."""
    query = """
        select experiments.*, coalesce((
            select jsonb_object_agg(arm, unit_count) from (
                select arm, count(*) as unit_count from shop.experiment_exposures as exposures
                where exposures.experiment_id = experiments.experiment_id group by 1) as counted), '{}') as exposures
        from shop.experiments where experiment_id = coalesce(%s, experiment_id)
        order by stopped_at is not null, started_at desc, experiment_id limit %s
    """
    return await (await connection.execute(query, [experiment_id, limit])).fetchall()


async def start(connection: Connection, row: dict[str, Any]) -> bool:
    """Whether it runs now: not where another one runs on the same surface."""
    cursor = await connection.execute(
        """
        insert into shop.experiments (experiment_id, title, surface, kind, salt, arms, started_at, started_by)
        values (%(experiment_id)s, %(title)s, %(surface)s, %(kind)s, %(salt)s, %(arms)s, %(started_at)s, %(started_by)s)
        on conflict do nothing
        """,
        row,
    )
    return cursor.rowcount == 1


async def stop(connection: Connection, experiment_id: str, *, by: str, reason: str, now: datetime) -> bool:
    """Whether it ran until now."""
    cursor = await connection.execute(
        "update shop.experiments set stopped_at = greatest(%s, started_at), stopped_by = %s, stop_reason = %s "
        "where experiment_id = %s and stopped_at is null",
        (now, by, reason, experiment_id),
    )
    return cursor.rowcount == 1


async def note_exposure(connection: Connection, experiment_id: str, unit_id: str, arm: str, *, now: datetime) -> None:
    """Keep the first time; a second one changes nothing."""
    await connection.execute(
        "insert into shop.experiment_exposures (experiment_id, unit_id, arm, exposed_at) values (%s, %s, %s, %s) "
        "on conflict do nothing",
        (experiment_id, unit_id, arm, now),
    )


async def explored(connection: Connection, *, limit: int) -> list[DictRow]:
    """New products on the explored place, the likeliest first."""
    query = """
        select explored.*, products.title from predictions.explored_products as explored join shop.products using (product_id)
        order by probability desc, product_id limit %s
    """
    return await (await connection.execute(query, [limit])).fetchall()


async def figures(connection: Connection, experiment_id: str) -> list[DictRow]:
    """What the pipeline measured last, by arm and metric."""
    query = "select * from monitoring.experiment_figures where experiment_id = %s order by arm, metric"
    return await (await connection.execute(query, [experiment_id])).fetchall()
