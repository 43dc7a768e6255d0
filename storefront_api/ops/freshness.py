"""Which tables are fresh, by the clock that their source goes by."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

from psycopg import AsyncConnection, sql
from psycopg.rows import DictRow

from marketplace.vocabulary import Source
from storefront_api.ops.schemas import Freshness, SourceFreshness, State

Stage = Literal["raw", "marts", "features"]

SCHEMAS: dict[Stage, str] = {"raw": "raw_shop", "marts": "marts", "features": "features"}
# The pipeline runs daily: a day and some hours is late, two days is a fault.
LATE, STALE = timedelta(hours=30), timedelta(hours=54)
# Where days without a row are usual, only weeks say something.
_SPARSE_FACTOR = 7
_DENSE = {
    "fct_orders", "fct_order_items", "fct_events", "fct_sessions", "fct_interactions", "fct_payment_attempts",
    "fct_transactions", "fct_product_days", "customer_orders", "customer_engagement", "product_sales",
    "seller_sales", "session_activity",
}  # fmt: skip
# Sources whose rows end: what is fresh with them is not today but their last day.
_ENDED = {Source.OLIST.value, "online_retail"}
# In this order, the first that a table has is when its rows happened.
_INSTANTS = (
    "event_timestamp", "occurred_at", "ordered_at", "attempted_at", "interacted_at", "started_at", "reviewed_at",
    "refunded_at", "labelled_at", "sale_date", "signed_up_at", "listed_at", "joined_at",
)  # fmt: skip
# Tables up to this size are read through where no index gives their newest instant.
_SMALL = 30_000


async def source(connection: AsyncConnection[DictRow], *, now: datetime) -> SourceFreshness | None:
    """Where the rows come from and how new the newest order is; None for an empty marketplace."""
    query = (
        "select source, is_simulated, data_until, (select max(ordered_at) from shop.orders) as newest_order_at"
        " from shop.marketplace"
    )
    row = await (await connection.execute(query)).fetchone()
    if row is None:
        return None
    is_live = not row["is_simulated"] and row["source"] not in _ENDED
    state = _state(row["newest_order_at"], now, dense=True) if is_live else "good"
    return SourceFreshness(**row, is_live=is_live, state=state)


def clock(origin: SourceFreshness | None, *, now: datetime) -> datetime:
    """What time it is in the data: of a source that has ended, its last instant."""
    if origin is None or origin.is_live:
        return now
    known = [instant for instant in (origin.data_until, origin.newest_order_at) if instant is not None]
    return min(now, max(known, default=now))


async def freshness(
    connection: AsyncConnection[DictRow], stage: Stage, *, built_at: Mapping[str, datetime], at: datetime
) -> list[Freshness]:
    """Each table of a stage; `at` is what time it is in the data, `built_at` the pipeline's own record."""
    schema = SCHEMAS[stage]
    tables = await (await connection.execute(_TABLES, {"schema": schema})).fetchall()
    newest = await _newest(connection, schema, {row["name"]: column for row in tables if (column := _instant_of(row))})
    shown = []
    for row in tables:
        instant, built = newest.get(row["name"]), built_at.get(f"{schema}/{row['name']}")
        count = row["row_estimate"]
        by_build = stage == "raw" or (instant is None and built is not None)
        state = _built_state(built, count, at) if by_build else _fact_state(row["name"], instant, at)
        shown.append(
            Freshness(
                stage=stage,
                table=row["name"],
                newest_at=instant,
                built_at=built,
                row_estimate=count,
                state=state,
            )
        )
    return shown


_TABLES = """
select c.relname as name, greatest(c.reltuples, 0)::bigint as row_estimate,
    array_agg(a.attname::text) as columns,
    array_agg(a.attname::text) filter (
        where exists (select from pg_index as i where i.indrelid = c.oid and i.indkey[0] = a.attnum)) as leading
from pg_class as c
join pg_namespace as n on n.oid = c.relnamespace
join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where n.nspname = %(schema)s and c.relkind in ('r', 'p')
group by 1, 2 order by 1
"""


def _instant_of(table: DictRow) -> str | None:
    """The column with a table's instants, if asking for its maximum is cheap."""
    wanted = ("updated_at",) if "loaded_at" in table["columns"] else _INSTANTS
    column = next((name for name in wanted if name in table["columns"]), None)
    is_cheap = table["row_estimate"] <= _SMALL or column in (table["leading"] or ())
    return column if is_cheap else None


async def _newest(connection: AsyncConnection[DictRow], schema: str, columns: Mapping[str, str]) -> dict[str, Any]:
    if not columns:
        return {}
    query = sql.SQL(" union all ").join(
        sql.SQL('select {} as "table", max({})::timestamptz as newest_at from {}').format(
            sql.Literal(table), sql.Identifier(column), sql.Identifier(schema, table)
        )
        for table, column in columns.items()
    )
    return {row["table"]: row["newest_at"] for row in await (await connection.execute(query)).fetchall()}


def _fact_state(table: str, newest: datetime | None, at: datetime) -> State:
    """Things may stay as they are for months; happenings and values of features may not."""
    return "good" if table.startswith("dim_") else _state(newest, at, dense=table in _DENSE)


def _state(newest: datetime | None, at: datetime, *, dense: bool) -> State:
    if newest is None:
        return "good"  # nothing to be late with, or too large to ask: the pipeline's own record is shown instead
    factor = 1 if dense else _SPARSE_FACTOR
    age = at - newest
    return "bad" if age > STALE * factor else "warn" if age > LATE * factor else "good"


def _built_state(built: datetime | None, row_estimate: int, at: datetime) -> State:
    """As fresh as the last build: raw copies, and tables too large to ask; of a source that has ended any later build is."""
    if built is None:
        return "good" if row_estimate else "warn"
    return "bad" if at - built > STALE else "warn" if at - built > LATE else "good"
