"""The incremental copy `shop.*` → `raw_shop.*`, in SQL on the server, without the columns that name or locate a person.

A raw table's own columns say what is copied, so nothing personal can slip in here: those columns do not exist there.
Rows are found by `updated_at`, which every write to `shop` renews. A transaction keeps the instant of its start, so a row
may appear with a time before rows already copied: each run looks back by `overlap` and skips what has not changed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
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
    newest_row = connection.execute(
        sql.SQL("select max(updated_at) from {}").format(sql.Identifier("raw_shop", table.name))
    ).fetchone()
    newest = newest_row[0] if newest_row else None
    statement = _insert(table)
    if newest is None:  # the first load: nothing to compare with
        cursor = connection.execute(statement, [source])
        connection.execute(sql.SQL("analyze {}").format(sql.Identifier("raw_shop", table.name)))
    else:
        cursor = connection.execute(
            statement + sql.SQL(" where updated_at >= %s ") + _on_conflict(table), [source, newest - overlap]
        )
    return cursor.rowcount


def _insert(table: _RawTable) -> sql.Composed:
    names = sql.SQL(", ").join(map(sql.Identifier, table.columns))
    return sql.SQL("insert into {raw} ({names}, source) select {names}, %s from {shop}").format(
        raw=sql.Identifier("raw_shop", table.name), shop=sql.Identifier("shop", table.name), names=names
    )


def _on_conflict(table: _RawTable) -> sql.Composed:
    changing = [column for column in table.columns if column not in table.key]
    return sql.SQL(
        "on conflict ({key}) do update set {assignments}, source = excluded.source, loaded_at = excluded.loaded_at "
        "where ({old}) is distinct from ({new})"
    ).format(
        key=sql.SQL(", ").join(map(sql.Identifier, table.key)),
        assignments=sql.SQL(", ").join(sql.SQL("{0} = excluded.{0}").format(sql.Identifier(column)) for column in changing),
        old=sql.SQL(", ").join(sql.Identifier(table.name, column) for column in changing),
        new=sql.SQL(", ").join(sql.Identifier("excluded", column) for column in changing),
    )
