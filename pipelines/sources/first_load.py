"""Many rows into an empty table: by COPY into the table itself, with the indexes that decide nothing built afterwards.

That saves staging them and reading them back. It works for as long as the database refuses none of them; a batch that it
refuses, and all that come after, go the way of `staging.py`, which finds the bad rows.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import Any

import polars as pl
import psycopg
from psycopg import errors, sql

from pipelines.sources.arriving import copy_in
from pipelines.sources.table_rules import KEPT_AS_TEXT, TableRules

# From here on it is worth building the indexes after the rows: half the time of the load (`benchmarks/ingest.py`).
_MANY_ROWS = 50_000


@dataclass(frozen=True)
class _Index:
    drop: sql.Composed
    make: sql.Composed


def head_of(frames: Iterator[pl.DataFrame]) -> tuple[bool, Iterator[pl.DataFrame]]:
    """Whether so many rows come that this module is for them, and all of their frames still."""
    head: list[pl.DataFrame] = []
    while sum(map(len, head)) < _MANY_ROWS and (frame := next(frames, None)) is not None:
        head.append(frame)
    return sum(map(len, head)) >= _MANY_ROWS, chain(head, frames)


def is_for(connection: psycopg.Connection[Any], rules: TableRules) -> bool:
    """Whether the shop's table has no rows; if so, nobody else writes into it until the transaction ends.

    A table that points at itself is not for this module: a row may come before the one that it points at.
    """
    if any(reference.table == rules.name for reference in rules.references) or not _is_empty(connection, rules):
        return False
    connection.execute(sql.SQL("lock table {} in share row exclusive mode").format(rules.target))
    return _is_empty(connection, rules)


@contextmanager
def indexes_built_afterwards(connection: psycopg.Connection[Any], rules: TableRules) -> Iterator[None]:
    """Take the indexes that decide nothing away from an empty table, and build them when it is filled."""
    indexes = _indexes(connection, rules)
    for index in indexes:
        connection.execute(index.drop)
    yield
    # Parallel workers cost a seventh of the whole load more, and take a second processor from the living shop.
    connection.execute("set local max_parallel_maintenance_workers = 0")
    # Keys are sorted in runs that fit a processor's cache and then merged: three million texts take half the time of one heap.
    connection.execute("set local maintenance_work_mem = '8MB'")
    for index in indexes:
        connection.execute(index.make)
    connection.execute("reset maintenance_work_mem")
    connection.execute("reset max_parallel_maintenance_workers")


def fill(
    connection: psycopg.Connection[Any], rules: TableRules, frames: Iterator[pl.DataFrame]
) -> tuple[int, Iterator[pl.DataFrame] | None]:
    """COPY the frames into the empty table: how many rows are in, and the frames from the first refused one on, if any was."""
    filled = 0
    for frame in frames:
        if any(rules.columns[name].name in KEPT_AS_TEXT for name in frame.columns):
            return filled, chain([frame], frames)  # staging keeps such values as they were written, for quarantine
        try:
            with connection.transaction():
                copy_in(connection, rules.target, frame)
        except (errors.DataError, errors.IntegrityError):
            return filled, chain([frame], frames)
        filled += len(frame)
    return filled, None


def take_out(connection: psycopg.Connection[Any], rules: TableRules) -> None:
    """Move the rows of the table that `fill` began into staging."""
    statement = sql.SQL("with taken as (delete from {} returning *) insert into {} select * from taken")
    connection.execute(statement.format(rules.target, rules.staging))


def analyse_roughly(connection: psycopg.Connection[Any], table: sql.Identifier) -> None:
    """Tell the planner about a table from few of its rows: a full sample costs as much as another pass over them."""
    connection.execute("set local default_statistics_target = 5")
    connection.execute(sql.SQL("analyze {}").format(table))
    connection.execute("reset default_statistics_target")


def _is_empty(connection: psycopg.Connection[Any], rules: TableRules) -> bool:
    row = connection.execute(sql.SQL("select not exists (select from {})").format(rules.target)).fetchone()
    return bool(row and row[0])


def _indexes(connection: psycopg.Connection[Any], rules: TableRules) -> list[_Index]:
    """The indexes that may be away while an empty table is filled: all but those that decide which rows may come in.

    The primary key is one of those that may, because each key comes once, unless a foreign key leans on it.
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
