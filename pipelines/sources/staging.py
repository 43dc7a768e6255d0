"""One table's way into the shop: checked frame, binary COPY into a temporary table, the database's own constraints, insert.

The rules are read from the catalogue of Postgres (types, not null, CHECK, foreign keys), so a migration changes them here too.
A row that breaks one goes to `quarantine.rows` with the reason; the rest of its table stays.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import polars as pl
import psycopg
from psycopg import sql

from marketplace.errors import InvalidInputError, MissingColumnsError
from pipelines.sources.casting import ColumnType, cast_rows
from pipelines.sources.quarantine import Quarantine

# References that have no foreign key in the database because the table is large and append-only.
SOFT_REFERENCES: dict[str, tuple[tuple[str, str, str], ...]] = {
    "events": (
        ("session_id", "sessions", "session_id"),
        ("customer_id", "users", "user_id"),
        ("product_id", "products", "product_id"),
    ),
}
_KEPT_AS_TEXT = {"jsonb", "inet", "cidr"}  # parsed by Postgres on the way out of staging, after a check
_SENT_AS_TEXT = _KEPT_AS_TEXT | {"character"}  # the same bytes in binary COPY


@dataclass(frozen=True)
class TableRules:
    """What Postgres knows about `shop.<name>`."""

    name: str
    columns: dict[str, ColumnType]
    key: tuple[str, ...]
    checks: tuple[tuple[str, str], ...]  # name, expression
    references: tuple[tuple[str, str, str], ...]  # column, table, column there


@dataclass(frozen=True)
class Loaded:
    """Rows of one table: inserted now, there before (or repeated in the file), and put aside."""

    inserted: int
    already_there: int
    quarantined: int


def load_table(connection: psycopg.Connection[Any], name: str, batches: Iterable[pl.DataFrame], quarantine: Quarantine) -> Loaded:
    """Bring the rows of `batches` into `shop.<name>`; rows whose key is already there change nothing.

    Raises:
        InvalidInputError: a column that the table does not have.
        MissingColumnsError: a column that the table cannot do without is absent.
    """
    rules = read_rules(connection, name)
    put_aside_before = quarantine.count(name)
    staged = _copy(connection, rules, batches, quarantine)
    staged -= _put_aside_bad(connection, rules, quarantine)
    inserted = _insert(connection, rules)
    if inserted < staged:
        _put_aside_clashes(connection, rules, quarantine)
    connection.execute(sql.SQL("drop table {}").format(_staging(name)))
    quarantined = quarantine.count(name) - put_aside_before
    return Loaded(inserted, staged - inserted - max(0, quarantine.clashes(name)), quarantined)


def read_rules(connection: psycopg.Connection[Any], name: str) -> TableRules:
    """Columns, key, checks and references of `shop.<name>`, from the catalogue."""
    table = f"shop.{name}"
    rows = connection.execute(
        """
        select a.attname::text, format_type(a.atttypid, null), case when t.typname = 'bpchar' then a.atttypmod - 4 end,
            a.attnotnull, a.atthasdef or a.attidentity <> ''
        from pg_attribute a join pg_type t on t.oid = a.atttypid
        where a.attrelid = %s::regclass and a.attnum > 0 and not a.attisdropped order by a.attnum
        """,
        [table],
    ).fetchall()
    columns = {row[0]: ColumnType(row[1], row[2], row[3], row[4]) for row in rows}
    constraints = connection.execute(
        """
        select c.contype::text, c.conname::text, pg_get_expr(c.conbin, c.conrelid), c.confrelid::regclass::text,
            (select array_agg(attname::text order by array_position(c.conkey, attnum)) from pg_attribute
             where attrelid = c.conrelid and attnum = any(c.conkey)),
            (select array_agg(attname::text) from pg_attribute where attrelid = c.confrelid and attnum = any(c.confkey))
        from pg_constraint c where c.conrelid = %s::regclass and c.contype in ('c', 'f', 'p') order by c.conname
        """,
        [table],
    ).fetchall()
    return TableRules(
        name=name,
        columns=columns,
        key=tuple(next(row[4] for row in constraints if row[0] == "p")),
        checks=tuple((row[1], row[2]) for row in constraints if row[0] == "c"),
        references=(
            *((row[4][0], row[3].removeprefix("shop."), row[5][0]) for row in constraints if row[0] == "f"),
            *SOFT_REFERENCES.get(name, ()),
        ),
    )


def _copy(connection: psycopg.Connection[Any], rules: TableRules, batches: Iterable[pl.DataFrame], quarantine: Quarantine) -> int:
    """Make the temporary table and fill it; returns how many rows are in it."""
    staging, staged = _staging(rules.name), 0
    connection.execute(
        sql.SQL("create temporary table {} (like {} including defaults) on commit drop").format(staging, _target(rules.name))
    )
    for column, kind in rules.columns.items():
        identifier = sql.Identifier(column)
        if kind.is_required:
            connection.execute(sql.SQL("alter table {} alter column {} drop not null").format(staging, identifier))
        if kind.name in _KEPT_AS_TEXT:
            connection.execute(sql.SQL("alter table {} alter column {} type text").format(staging, identifier))
    for batch in batches:
        _refuse_wrong_columns(rules, batch.columns)
        names = [column for column in batch.columns if batch[column].null_count() < len(batch) or column in rules.key]
        good = cast_rows(batch.select(names), rules.name, rules.columns, rules.key, quarantine)
        copy = sql.SQL("copy {} ({}) from stdin (format binary)").format(staging, sql.SQL(", ").join(map(sql.Identifier, names)))
        with connection.cursor() as cursor, cursor.copy(copy) as stream:
            kinds = [rules.columns[column].name for column in names]
            stream.set_types(["text" if kind in _SENT_AS_TEXT else kind for kind in kinds])
            for row in good.iter_rows():  # psycopg takes rows; a million a second, so no loop to save here
                stream.write_row(row)
        staged += len(good)
    connection.execute(sql.SQL("analyze {}").format(staging))
    return staged


def _refuse_wrong_columns(rules: TableRules, columns: list[str]) -> None:
    unknown = sorted(set(columns) - rules.columns.keys())
    if unknown:
        raise InvalidInputError(f"shop.{rules.name} has no column {', '.join(unknown)}; it has {', '.join(rules.columns)}")
    needed = {column for column, kind in rules.columns.items() if kind.is_required and not kind.has_default}
    if missing := sorted(needed - set(columns)):
        raise MissingColumnsError(f"rows for shop.{rules.name} lack {', '.join(missing)}; they have {', '.join(columns)}")


def _put_aside_bad(connection: psycopg.Connection[Any], rules: TableRules, quarantine: Quarantine) -> int:
    """Take every row that the database would refuse out of staging and into quarantine; returns how many."""
    staging = _staging(rules.name)
    for column, kind in rules.columns.items():
        if kind.is_required and kind.has_default:
            connection.execute(sql.SQL("update {0} set {1} = default where {1} is null").format(staging, sql.Identifier(column)))
    conditions = [
        (sql.SQL("{} is null").format(sql.Identifier(column)), f"{column} is missing")
        for column, kind in rules.columns.items()
        if kind.is_required and not kind.has_default
    ]
    is_valid = input_check(connection, connection.info.server_version)
    conditions += [
        (sql.SQL("not {}({}, {})").format(is_valid, sql.Identifier(column), kind.name), f"{column} is no {kind.name}")
        for column, kind in rules.columns.items()
        if kind.name in _KEPT_AS_TEXT
    ]
    conditions += [(sql.SQL("not ({})").format(sql.SQL(check)), f"breaks {name}: {check}") for name, check in rules.checks]  # type: ignore[arg-type]
    counts = sql.SQL(", ").join(sql.SQL("count(*) filter (where {})").format(condition) for condition, _ in conditions)
    found = connection.execute(sql.SQL("select {} from {}").format(counts, staging)).fetchone() or ()
    removed = 0
    for (condition, reason), number in zip(conditions, found, strict=True):
        if number:
            removed += quarantine.take_from_staging(connection, rules.name, rules.key, condition, reason)
    while True:  # a row put aside may be the one that another in this table points at
        missing = sum(_put_aside_orphans(connection, rules, reference, quarantine) for reference in rules.references)
        removed += missing
        if not missing or not any(table == rules.name for _, table, _ in rules.references):
            return removed


def input_check(connection: psycopg.Connection[Any], server_version: int) -> sql.Composable:
    """The function that tells whether a text is a value of a type: Postgres' own, or for version 15 one of this session."""
    if server_version >= 160000:
        return sql.SQL("pg_input_is_valid")
    connection.execute(
        """
        create or replace function pg_temp.is_valid_input(value text, type text) returns boolean language plpgsql as $$
        begin
            execute format('select %L::%s', value, type);
            return true;
        exception when data_exception then
            return false;
        end $$
        """
    )
    return sql.SQL("pg_temp.is_valid_input")


def _put_aside_orphans(
    connection: psycopg.Connection[Any], rules: TableRules, reference: tuple[str, str, str], quarantine: Quarantine
) -> int:
    """Rows whose `reference` points at nothing in the shop, nor (for a table that points at itself) in staging."""
    column, table, there = reference
    condition = sql.SQL("{0} is not null and not exists (select from {1} as parent where parent.{2} = {3}.{0})").format(
        sql.Identifier(column), _target(table), sql.Identifier(there), _staging(rules.name)
    )
    if table == rules.name:
        condition += sql.SQL(" and not exists (select from {0} as sibling where sibling.{1} = {0}.{2})").format(
            _staging(rules.name), sql.Identifier(there), sql.Identifier(column)
        )
    orphans = connection.execute(
        sql.SQL("select exists (select from {} where {})").format(_staging(rules.name), condition)
    ).fetchone()
    if not (orphans and orphans[0]):
        return 0
    return quarantine.take_from_staging(connection, rules.name, rules.key, condition, f"{column} is not in shop.{table}")


def _insert(connection: psycopg.Connection[Any], rules: TableRules) -> int:
    names = sql.SQL(", ").join(map(sql.Identifier, rules.columns))
    values = sql.SQL(", ").join(_value(rules, column) for column in rules.columns)
    done = connection.execute(
        sql.SQL("insert into {} ({}) select {} from {} on conflict do nothing").format(
            _target(rules.name), names, values, _staging(rules.name)
        )
    )
    return done.rowcount


def _put_aside_clashes(connection: psycopg.Connection[Any], rules: TableRules, quarantine: Quarantine) -> None:
    """Rows left out for another reason than that they are there already: a unique value taken, or one key with two contents."""
    staging = _staging(rules.name)
    key = sql.SQL(", ").join(map(sql.Identifier, rules.key))
    same = sql.SQL(" and ").join(sql.SQL("other.{0} = {1}.{0}").format(sql.Identifier(column), staging) for column in rules.key)
    there = sql.SQL(" and ").join(
        sql.SQL("other.{} = {}").format(sql.Identifier(column), _value(rules, column)) for column in rules.key
    )
    taken = sql.SQL("not exists (select from {} as other where {})").format(_target(rules.name), there)
    quarantine.take_from_staging(connection, rules.name, rules.key, taken, "another row has the same unique value", is_clash=True)
    repeated = connection.execute(sql.SQL("select count(*) - count(distinct ({})) from {}").format(key, staging)).fetchone()
    if repeated and repeated[0]:
        contents = sql.SQL("(to_jsonb({0}) - 'created_at' - 'updated_at')").format(staging)
        others = sql.SQL("(to_jsonb(other) - 'created_at' - 'updated_at')")
        second = sql.SQL("exists (select from {0} as other where {1} and other.ctid < {0}.ctid and {2} <> {3})").format(
            staging, same, others, contents
        )
        quarantine.take_from_staging(
            connection, rules.name, rules.key, second, "the same key came before with other values", is_clash=True
        )


def _value(rules: TableRules, column: str) -> sql.Composable:
    """A staged column in the type of the table."""
    kind = rules.columns[column].name
    staged = sql.Identifier(f"load_{rules.name}", column)
    return sql.SQL("{}::{}").format(staged, sql.SQL(kind)) if kind in _KEPT_AS_TEXT else staged  # type: ignore[arg-type]


def _staging(name: str) -> sql.Identifier:
    return sql.Identifier(f"load_{name}")


def _target(name: str) -> sql.Identifier:
    return sql.Identifier("shop", name)
