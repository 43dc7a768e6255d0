"""The incremental copy `shop.*` → `raw_shop.*`, in SQL on the server, without the columns that name or locate a person.

A raw table's own columns say what is copied, so nothing personal can slip in here: those columns do not exist there.
Rows are found by `updated_at`, which every write to `shop` renews. A transaction keeps the instant of its start, so a row
may appear with a time before rows already copied: each run notes the start of the oldest transaction then under way, and the
next one looks from there on and skips what has not changed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg import sql

from marketplace.errors import NotFoundError
from marketplace.vocabulary import Source

_UNNOTICED = timedelta(seconds=10)  # a transaction shows its start at once; longer than a busy machine, or its clock, may lag
_UNSEEN = timedelta(hours=1)  # longer than any transaction that writes to `shop`: of those whose start we may not see
_ADDED = ("source", "loaded_at")


@dataclass(frozen=True)
class RawCopy:
    """What one run did to one raw table: rows inserted or changed."""

    rows_copied: int


@dataclass(frozen=True)
class _RawTable:
    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    is_logged: bool  # whether its log is there, with its columns


def copy_to_raw(database_url: str, tables: Sequence[str] | None = None) -> dict[str, RawCopy]:
    """What was copied, per raw table; each table is one transaction, so a run that dies is simply run again.

    Args:
        database_url: `postgresql://` of the marketplace's database.
        tables: names in `raw_shop`; all of them when None.
    Raises:
        NotFoundError: a named table does not exist in `raw_shop`.
    """
    copied = {}
    with psycopg.connect(database_url, autocommit=True) as connection:
        known = raw_tables(connection)
        if unknown := sorted(set(tables or ()) - known.keys()):
            raise NotFoundError(f"no such raw table: {', '.join(unknown)}; there are {', '.join(sorted(known))}")
        source = _source(connection)
        connection.execute("set random_page_cost = 1.1")  # a few keys are looked up, whatever the table's size
        wanted = tables if tables is not None else sorted(known)
        stirred = _stirred(connection, [known[name] for name in wanted])
        for name in wanted:
            rows = 0
            if name in stirred:
                with connection.transaction():
                    rows = _copy_table(connection, known[name], source)
            copied[name] = RawCopy(rows)
    return copied


def raw_tables(connection: psycopg.Connection[Any]) -> dict[str, _RawTable]:
    """The tables of `raw_shop` by name, with the columns they share with `shop` and their primary key."""
    rows = connection.execute(
        """
        select c.relname, array_agg(a.attname::text order by a.attnum),
            (select array_agg(k.attname::text order by array_position(i.indkey::smallint[], k.attnum))
             from pg_index i join pg_attribute k on k.attrelid = c.oid and k.attnum = any(i.indkey::smallint[])
             where i.indrelid = c.oid and i.indisprimary),
            (select array_agg(l.attname::text order by l.attname) from pg_attribute l join changes.logs on table_name = c.relname
             where l.attrelid = to_regclass('changes.' || quote_ident(c.relname)) and l.attnum > 0 and not l.attisdropped)
        from pg_class c
        join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attname <> all(%s)
        where c.relnamespace = 'raw_shop'::regnamespace and c.relkind = 'r'
        group by c.oid, c.relname
        """,
        [list(_ADDED)],
    ).fetchall()
    return {
        name: _RawTable(name, tuple(columns), tuple(key), is_logged=logged == sorted([*columns, *_ADDED, "changed_at"]))
        for name, columns, key, logged in rows
    }


def _source(connection: psycopg.Connection[Any]) -> str:
    """Where this marketplace's orders came from; one that nothing was imported into lives on its own storefront."""
    row = connection.execute("select source from shop.marketplace").fetchone()
    return str(row[0]) if row else str(Source.STOREFRONT)


def _stirred(connection: psycopg.Connection[Any], tables: Sequence[_RawTable]) -> set[str]:
    """The tables that may have something to copy; asked for all in one query, because most of them rest most of the time."""
    names = [table.name for table in tables]
    known = dict(
        connection.execute("select table_name, copied_until from changes.logs where table_name = any(%s)", [names]).fetchall()
    )
    stirred = {table.name for table in tables if not table.is_logged or known.get(table.name) is None}
    resting = [table for table in tables if table.name not in stirred]
    if resting:
        query = sql.SQL(" union all ").join(
            _sql(_STIRRED, table, since=sql.Literal(known[table.name].isoformat())) for table in resting
        )
        with connection.transaction():
            # After a bulk load the planner expects to find a row at once, and reads them all; the index knows where new ones are.
            connection.execute("set local enable_seqscan = off")
            stirred |= {name for (name,) in connection.execute(query).fetchall()}
    return stirred


def _copy_table(connection: psycopg.Connection[Any], table: _RawTable, source: str) -> int:
    stamp, oldest = _take_turn(connection, table)
    if not table.is_logged:
        _make_log(connection, table)
    since, is_read = _known(connection, table)
    is_empty = _is_empty(connection, table)
    if is_empty and not is_read:  # nothing to compare with, nobody to tell
        copied = connection.execute(_sql(_INSERT, table), {"source": source, "stamp": stamp}).rowcount
        connection.execute(_sql("analyze {raw}", table))
    else:
        copied = connection.execute(_sql(_FIND_FRESH, table), {"since": None if is_empty else since}).rowcount
        if copied:
            connection.execute(_sql("analyze fresh ({key})", table))
            for statement in (*(_LOG if is_read else ()), _UPSERT):
                connection.execute(_sql(statement, table), {"source": source, "stamp": stamp})
        connection.execute("drop table fresh")
    connection.execute("update changes.logs set copied_until = %s where table_name = %s", [oldest, table.name])
    return copied


def _take_turn(connection: psycopg.Connection[Any], table: _RawTable) -> tuple[datetime, datetime]:
    """What time it is once no other copy of this table is under way, and before when nobody is still writing.

    The turn ends with the transaction.
    """
    connection.execute("select pg_advisory_xact_lock(hashtext('raw_copy'), hashtext(%s))", [table.name])
    row = connection.execute(_TURN, {"unnoticed": _UNNOTICED, "unseen": _UNSEEN}).fetchone()
    assert row is not None
    stamp, oldest = row
    return stamp, oldest


def _known(connection: psycopg.Connection[Any], table: _RawTable) -> tuple[datetime | None, bool]:
    """Up to when the table is copied, None for never; and whether anybody reads its log."""
    row = connection.execute(
        "select copied_until, exists (select from changes.readers where readers.table_name = logs.table_name)"
        " from changes.logs where table_name = %s",
        [table.name],
    ).fetchone()
    assert row is not None
    since, is_read = row
    return since, is_read


def _is_empty(connection: psycopg.Connection[Any], table: _RawTable) -> bool:
    return connection.execute(_sql("select exists (select from {raw})", table)).fetchone() == (False,)


def _make_log(connection: psycopg.Connection[Any], table: _RawTable) -> None:
    """Make the table's log anew, without readers, who then read all of it.

    Everything is copied again then: where the table has got other columns, the rows there have nothing in them.
    """
    connection.execute("delete from changes.readers where table_name = %s", [table.name])
    connection.execute(_sql("drop table if exists {log}", table))
    connection.execute(_sql("create table {log} (like {raw}, changed_at timestamptz not null)", table))
    connection.execute("delete from changes.logs where table_name = %s", [table.name])
    connection.execute("insert into changes.logs (table_name) values (%s)", [table.name])


# Of transactions under way, the start of the oldest; one of another user's does not show it, and one that was prepared has none.
_TURN = """
select clock_timestamp(), least(
    clock_timestamp() - %(unnoticed)s,
    (
        select min(case when query = '<insufficient privilege>' then clock_timestamp() - %(unseen)s else xact_start end)
        from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid()
            and backend_type not in ('autovacuum worker', 'walsender')
    ),
    (select min(prepared) - %(unseen)s from pg_prepared_xacts where database = current_database())
)
"""

_INSERT = "insert into {raw} ({columns}, source, loaded_at) select {columns}, %(source)s, %(stamp)s from {shop}"

# Asked apart, for no index answers an "or" of the two.
_STIRRED = """
select {name} where exists (select from {shop} where updated_at >= {since}::timestamptz)
    or not exists (select from {raw}) and exists (select from {shop})
"""

# Rows of the shop that are not in the raw table as they are now.
_FIND_FRESH = """
create temporary table fresh as
select {columns} from {shop} as living
where updated_at >= coalesce(%(since)s::timestamptz, '-infinity')
    and not exists (select from {raw} as copied where {same_key} and ({living_columns}) is not distinct from ({copied_columns}))
"""

_LOG = (
    "delete from {log} where changed_at <= (select min(read_until) from changes.readers where table_name = {name})",
    "insert into {log} select copied.*, %(stamp)s from {raw} as copied inner join fresh using ({key})",
    "insert into {log} ({columns}, source, loaded_at, changed_at) select {columns}, %(source)s, %(stamp)s, %(stamp)s from fresh",
    "update changes.logs set changed_at = %(stamp)s where table_name = {name}",
)

_UPSERT = """
insert into {raw} ({columns}, source, loaded_at)
select {columns}, %(source)s, %(stamp)s from fresh
on conflict ({key}) do update set {assignments}, source = excluded.source, loaded_at = excluded.loaded_at
"""


def _sql(statement: str, table: _RawTable, **more: sql.Composable) -> sql.Composed:
    """The statement with this table's names, and more; `fresh` is the temporary table of the rows to copy."""
    columns = [sql.Identifier(column) for column in table.columns]
    key = [sql.Identifier(column) for column in table.key]
    comma = sql.SQL(", ")
    return sql.SQL(statement).format(  # type: ignore[arg-type]
        name=sql.Literal(table.name),
        raw=sql.Identifier("raw_shop", table.name),
        shop=sql.Identifier("shop", table.name),
        log=sql.Identifier("changes", table.name),
        columns=comma.join(columns),
        key=comma.join(key),
        same_key=sql.SQL(" and ").join(sql.SQL("copied.{0} = living.{0}").format(column) for column in key),
        living_columns=comma.join(sql.SQL("living.") + column for column in columns),
        copied_columns=comma.join(sql.SQL("copied.") + column for column in columns),
        assignments=comma.join(sql.SQL("{0} = excluded.{0}").format(column) for column in columns if column not in key),
        **more,
    )
