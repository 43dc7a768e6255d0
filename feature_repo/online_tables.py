"""What the online store needs from Postgres beside Feast's own tables: order of arrival, and forgetting.

Feast overwrites an online value with whatever comes last. The relay pushes a visit's newest values while a materialisation
may still carry older ones, so a trigger keeps the value whose event is newer. Its
function and the schemas come with the migrations.
"""

from datetime import datetime

import psycopg
from psycopg import sql

ONLINE_SCHEMA = "feast_online"


def keep_newer_values(database_url: str, project: str) -> list[str]:
    """The online tables of the project that were given the trigger now: in these an older value never replaces a newer one.

    Also Feast's own `feast apply` makes tables, without a trigger; so every opening of the store looks.
    """
    with psycopg.connect(database_url) as connection:
        tables = connection.execute(
            "select relname from pg_class where relnamespace = %s::regnamespace and relkind = 'r' and starts_with(relname, %s) "
            "and not exists (select from pg_trigger where tgrelid = pg_class.oid and tgname = 'keep_newer_value')",
            [ONLINE_SCHEMA, f"{project}_"],
        ).fetchall()
        for (table,) in tables:
            connection.execute(
                sql.SQL(
                    "create or replace trigger keep_newer_value before update on {} "
                    "for each row execute function feast_online.keep_newer_value()"
                ).format(sql.Identifier(ONLINE_SCHEMA, table))
            )
    return [table for (table,) in tables]


def forget_before(database_url: str, table: str, moment: datetime) -> int:
    """The number of online values deleted because their event lies before `moment` (UTC)."""
    with psycopg.connect(database_url) as connection:
        return connection.execute(
            sql.SQL("delete from {} where event_ts < %s at time zone 'UTC'").format(sql.Identifier(ONLINE_SCHEMA, table)),
            [moment],
        ).rowcount


def oldest_row_written_since(database_url: str, table: str, moment: datetime) -> datetime | None:
    """The event time of the oldest row of a feature table written after `moment`: what a backfill has touched."""
    with psycopg.connect(database_url) as connection:
        row = connection.execute(
            sql.SQL("select min(event_timestamp) from {} where created_at > %s").format(sql.Identifier("features", table)),
            [moment],
        ).fetchone()
    return row[0] if row else None
