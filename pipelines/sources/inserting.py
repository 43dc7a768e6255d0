"""Rows that are new, from staging into the shop: set by set, and with indexes built afterwards where the table was empty."""

from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import errors, sql

from pipelines.sources.table_rules import TableRules

# From here on it is worth building the indexes after the rows: half the time of the load (`benchmarks/ingest.py`).
_MANY_ROWS = 50_000


@dataclass(frozen=True)
class _Index:
    drop: sql.Composed
    make: sql.Composed


def insert_new(connection: psycopg.Connection[Any], rules: TableRules, staged: int) -> int:
    """Bring the staged rows whose key is not there into the shop; returns how many came in.

    Staging must hold every key once. A row that lost against another's unique value stays behind.
    """
    is_first = not _exists(connection, rules)
    indexes = _indexes(connection, rules) if is_first and staged >= _MANY_ROWS else []
    for index in indexes:
        connection.execute(index.drop)
    inserted = _insert(connection, rules, is_first=is_first)
    for index in indexes:
        connection.execute(index.make)
    return inserted


def _insert(connection: psycopg.Connection[Any], rules: TableRules, *, is_first: bool) -> int:
    statement = sql.SQL("insert into {} ({}) select {} from {}").format(
        rules.target,
        sql.SQL(", ").join(map(sql.Identifier, rules.columns)),
        sql.SQL(", ").join(map(rules.value, rules.columns)),
        rules.staging,
    )
    if not is_first:
        statement += sql.SQL(" where not exists (select from {} as there where {})").format(rules.target, rules.same_key("there"))
    try:
        with connection.transaction():
            return connection.execute(statement).rowcount
    except errors.UniqueViolation:  # a value is taken, or the shop was quicker: sort them out row by row, which is slower
        return connection.execute(statement + sql.SQL(" on conflict do nothing")).rowcount


def _exists(connection: psycopg.Connection[Any], rules: TableRules) -> bool:
    row = connection.execute(sql.SQL("select exists (select from {})").format(rules.target)).fetchone()
    return bool(row and row[0])


def _indexes(connection: psycopg.Connection[Any], rules: TableRules) -> list[_Index]:
    """The indexes that may be away while an empty table is filled: all but those that decide which rows may come in.

    The primary key is one of those that may, because staging holds each key once, unless a foreign key leans on it.
    """
    rows = connection.execute(
        """
        select i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid), c.conname::text, pg_get_constraintdef(c.oid)
        from pg_index i left join pg_constraint c on c.conindid = i.indexrelid and c.contype = 'p'
        where i.indrelid = %s::regclass and (not i.indisunique or i.indisprimary)
            and not exists (select from pg_constraint f where f.conindid = i.indexrelid and f.contype = 'f')
        order by i.indisprimary desc, 1
        """,
        [f"shop.{rules.name}"],
    ).fetchall()
    return [
        _Index(
            drop=sql.SQL("alter table {} drop constraint {}").format(rules.target, sql.Identifier(constraint)),
            make=sql.SQL("alter table {} add constraint {} {}").format(
                rules.target,
                sql.Identifier(constraint),
                sql.SQL(definition),  # type: ignore[arg-type]
            ),
        )
        if constraint
        else _Index(drop=sql.SQL("drop index {}").format(sql.SQL(name)), make=sql.SQL("{}").format(sql.SQL(made)))  # type: ignore[arg-type]
        for name, made, constraint, definition in rows
    ]
