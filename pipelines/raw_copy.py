"""The incremental copy `shop.*` → `raw_shop.*`, in SQL on the server, without the columns that name or locate a person.

A raw table's own columns say what is copied, so nothing personal can slip in here: those columns do not exist there.
Rows are found by `updated_at`, which every write to `shop` renews. A transaction keeps the instant of its start, so a row
may appear with a time before rows already copied: each run looks back by `overlap` and skips what has not changed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg import sql

from marketplace.errors import NotFoundError
from marketplace.vocabulary import Source

OVERLAP = timedelta(hours=1)  # longer than any transaction that writes to `shop`
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


def copy_to_raw(database_url: str, tables: Sequence[str] | None = None, *, overlap: timedelta = OVERLAP) -> dict[str, RawCopy]:
    """What was copied, per raw table; each table is one transaction, so a run that dies is simply run again.

    Args:
        database_url: `postgresql://` of the marketplace's database.
        tables: names in `raw_shop`; all of them when None.
        overlap: how far before the newest copied row to look again.
    Raises:
        NotFoundError: a named table does not exist in `raw_shop`.
    """
    copied = {}
    with psycopg.connect(database_url, autocommit=True) as connection:
        known = raw_tables(connection)
        if unknown := sorted(set(tables or ()) - known.keys()):
            raise NotFoundError(f"no such raw table: {', '.join(unknown)}; there are {', '.join(sorted(known))}")
        source = _source(connection)
        for name in tables if tables is not None else sorted(known):
            with connection.transaction():
                copied[name] = RawCopy(_copy_table(connection, known[name], source, overlap))
    return copied


def raw_tables(connection: psycopg.Connection[Any]) -> dict[str, _RawTable]:
    """The tables of `raw_shop` by name, with the columns they share with `shop` and their primary key."""
    rows = connection.execute(
        """
        select c.relname, array_agg(a.attname::text order by a.attnum),
            (select array_agg(k.attname::text order by array_position(i.indkey::smallint[], k.attnum))
             from pg_index i join pg_attribute k on k.attrelid = c.oid and k.attnum = any(i.indkey::smallint[])
             where i.indrelid = c.oid and i.indisprimary)
        from pg_class c
        join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attname <> all(%s)
        where c.relnamespace = 'raw_shop'::regnamespace and c.relkind = 'r'
        group by c.oid, c.relname
        """,
        [list(_ADDED)],
    ).fetchall()
    return {name: _RawTable(name, tuple(columns), tuple(key)) for name, columns, key in rows}


def _source(connection: psycopg.Connection[Any]) -> str:
    """Where this marketplace's orders came from; one that nothing was imported into lives on its own storefront."""
    row = connection.execute("select source from shop.marketplace").fetchone()
    return str(row[0]) if row else str(Source.STOREFRONT)


def _copy_table(connection: psycopg.Connection[Any], table: _RawTable, source: str, overlap: timedelta) -> int:
    stamp = _take_turn(connection, table)
    _make_log(connection, table)
    newest_row = connection.execute(_sql("select max(updated_at) from {raw}", table)).fetchone()
    newest = newest_row[0] if newest_row else None
    is_read = connection.execute("select exists (select from changes.readers where table_name = %s)", [table.name]).fetchone()
    if newest is None and is_read == (False,):  # the first load: nothing to compare with, nobody to tell
        copied = connection.execute(_sql(_INSERT, table), {"source": source, "stamp": stamp}).rowcount
        connection.execute(_sql("analyze {raw}", table))
        return copied
    since = newest - overlap if newest is not None else None
    copied = connection.execute(_sql(_FIND_FRESH, table), {"since": since}).rowcount
    if copied:
        for statement in (*(_LOG if is_read == (True,) else ()), _UPSERT):
            connection.execute(_sql(statement, table), {"source": source, "stamp": stamp})
    connection.execute("drop table fresh")
    return copied


def _take_turn(connection: psycopg.Connection[Any], table: _RawTable) -> datetime:
    """What time it is once no other copy of this table is under way; the turn ends with the transaction."""
    connection.execute("select pg_advisory_xact_lock(hashtext('raw_copy'), hashtext(%s))", [table.name])
    row = connection.execute("select clock_timestamp()").fetchone()
    assert row is not None
    stamp: datetime = row[0]
    return stamp


def _make_log(connection: psycopg.Connection[Any], table: _RawTable) -> None:
    """Make the table's log; where the table has got other columns a new one, and no readers, who then read all of it."""
    expected = sorted([*table.columns, *_ADDED, "changed_at"])
    found = connection.execute(
        "select attname::text from pg_attribute where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped order by 1",
        [f"changes.{table.name}"],
    ).fetchall()
    if sorted(name for (name,) in found) != expected:
        connection.execute("delete from changes.readers where table_name = %s", [table.name])
        connection.execute(_sql("drop table if exists {log}", table))
        connection.execute(_sql("create table {log} (like {raw}, changed_at timestamptz not null)", table))


_INSERT = "insert into {raw} ({columns}, source, loaded_at) select {columns}, %(source)s, %(stamp)s from {shop}"

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
)

_UPSERT = """
insert into {raw} ({columns}, source, loaded_at)
select {columns}, %(source)s, %(stamp)s from fresh
on conflict ({key}) do update set {assignments}, source = excluded.source, loaded_at = excluded.loaded_at
"""


def _sql(statement: str, table: _RawTable) -> sql.Composed:
    """The statement with this table's names; `fresh` is the temporary table of the rows to copy."""
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
    )
