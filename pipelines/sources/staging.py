"""One table's way into the shop: checked frame, COPY into a temporary table, the database's own rules, then what is new.

A row that breaks a rule goes to `quarantine.rows` with the reason; the rest of its table stays. The rows are sent as text that
polars writes: that costs as little as binary through Arrow (`benchmarks/ingest.py`) and stays inside this transaction.
"""

import io
from collections.abc import Iterable, Set
from dataclasses import dataclass, replace
from typing import Any

import polars as pl
import psycopg
from psycopg import sql

from marketplace.errors import InvalidInputError, MissingColumnsError
from pipelines.sources.casting import cast_rows
from pipelines.sources.inserting import insert_new
from pipelines.sources.quarantine import Quarantine
from pipelines.sources.restating import TAKEN, restate
from pipelines.sources.table_rules import KEPT_AS_TEXT, TableRules, input_check, read_rules

__all__ = ["Loaded", "input_check", "load_table", "read_rules"]


@dataclass(frozen=True)
class Loaded:
    """Rows of one table: inserted now, restated, there before (or repeated in the file), and put aside.

    `kept` of those there before came with other values, but the shop had changed them itself.
    """

    inserted: int
    already_there: int
    quarantined: int
    restated: int = 0
    kept: int = 0


def load_table(
    connection: psycopg.Connection[Any],
    name: str,
    batches: Iterable[pl.DataFrame],
    quarantine: Quarantine,
    *,
    first_word: Set[str] = frozenset(),
) -> Loaded:
    """Bring the rows of `batches` into `shop.<name>`; a row that is there already changes nothing, one with news restates it.

    Args:
        first_word: columns that a later row does not restate.
    Raises:
        InvalidInputError: a column that the table does not have.
        MissingColumnsError: a column that the table cannot do without is absent.
    """
    rules = read_rules(connection, name)
    put_aside_before = quarantine.count(name)
    rules, staged, may_repeat = _copy(connection, rules, batches, quarantine)
    staged -= _put_aside_bad(connection, rules, quarantine)
    removed, repeated = _leave_one_per_key(connection, rules, quarantine) if may_repeat else (0, 0)
    staged -= removed
    again = restate(connection, rules, rules.given - first_word, quarantine)
    staged -= again.refused
    inserted = insert_new(connection, rules, staged)
    if inserted + again.there < staged:
        _put_aside_taken(connection, rules, quarantine)
    quarantine.resolve_loaded(connection, rules)
    connection.execute(sql.SQL("drop table {}").format(rules.staging))
    return Loaded(
        inserted=inserted,
        already_there=repeated + again.there - again.restated,
        quarantined=quarantine.count(name) - put_aside_before,
        restated=again.restated,
        kept=again.kept,
    )


def _copy(
    connection: psycopg.Connection[Any], rules: TableRules, batches: Iterable[pl.DataFrame], quarantine: Quarantine
) -> tuple[TableRules, int, bool]:
    """Make the temporary table and fill it.

    Returns the rules with the columns that came, how many rows are in it, and whether a key may be there twice: hashes
    tell that for a tenth of what the database would need, and where two are equal it looks itself.
    """
    staged, given = 0, set(rules.key)
    hashes: list[pl.Series] = []
    connection.execute(
        sql.SQL("create temporary table {} (like {} including defaults) on commit drop").format(rules.staging, rules.target)
    )
    for column, kind in rules.columns.items():
        identifier = sql.Identifier(column)
        if kind.is_required:
            connection.execute(sql.SQL("alter table {} alter column {} drop not null").format(rules.staging, identifier))
        if kind.name in KEPT_AS_TEXT:
            connection.execute(sql.SQL("alter table {} alter column {} type text").format(rules.staging, identifier))
    for batch in batches:
        _refuse_wrong_columns(rules, batch.columns)
        given.update(batch.columns)
        good = cast_rows(batch, rules.name, rules.columns, rules.key, quarantine)
        names = [column for column in good.columns if good[column].null_count() < len(good)]
        if not names:
            continue
        copy = sql.SQL("copy {} ({}) from stdin (format csv)").format(
            rules.staging, sql.SQL(", ").join(map(sql.Identifier, names))
        )
        text = io.BytesIO()
        good.select(names).write_csv(text, include_header=False)  # an empty text is written "", a null is written nothing
        with connection.cursor() as cursor, cursor.copy(copy) as stream:
            stream.write(text.getbuffer())
        staged += len(good)
        hashes.append(good.select(rules.key).hash_rows())
    connection.execute(sql.SQL("analyze {}").format(rules.staging))
    may_repeat = bool(hashes) and pl.concat(hashes).n_unique() < staged
    return replace(rules, given=frozenset(given)), staged, may_repeat


def _refuse_wrong_columns(rules: TableRules, columns: list[str]) -> None:
    unknown = sorted(set(columns) - rules.columns.keys())
    if unknown:
        raise InvalidInputError(f"shop.{rules.name} has no column {', '.join(unknown)}; it has {', '.join(rules.columns)}")
    needed = {column for column, kind in rules.columns.items() if kind.is_required and not kind.has_default}
    if missing := sorted(needed - set(columns)):
        raise MissingColumnsError(f"rows for shop.{rules.name} lack {', '.join(missing)}; they have {', '.join(columns)}")


def _put_aside_bad(connection: psycopg.Connection[Any], rules: TableRules, quarantine: Quarantine) -> int:
    """Take every row that the database would refuse out of staging and into quarantine; returns how many."""
    for column, kind in rules.columns.items():
        if kind.is_required and kind.has_default and column in rules.given:
            connection.execute(
                sql.SQL("update {0} set {1} = default where {1} is null").format(rules.staging, sql.Identifier(column))
            )
    is_valid = input_check(connection, connection.info.server_version)
    conditions = [
        (sql.SQL("{} is null").format(sql.Identifier(column)), f"{column} is missing")
        for column, kind in rules.columns.items()
        if kind.is_required and not kind.has_default
    ]
    conditions += [
        (sql.SQL("not {}({}, {})").format(is_valid, sql.Identifier(column), kind.name), f"{column} is no {kind.name}")
        for column, kind in rules.columns.items()
        if kind.name in KEPT_AS_TEXT and column in rules.given
    ]
    conditions += [
        (sql.SQL("not ({})").format(sql.SQL(check)), f"breaks {name}: {check}")  # type: ignore[arg-type]
        for name, check, columns in rules.checks
        if not columns or rules.given.intersection(columns)
    ]
    counts = sql.SQL(", ").join(sql.SQL("count(*) filter (where {})").format(condition) for condition, _ in conditions)
    found = connection.execute(sql.SQL("select {} from {}").format(counts, rules.staging)).fetchone() or ()
    removed = 0
    for (condition, reason), number in zip(conditions, found, strict=True):
        if number:
            removed += quarantine.take_from_staging(connection, rules, condition, reason)
    references = [reference for reference in rules.references if reference[0] in rules.given]
    while True:  # a row put aside may be the one that another in this table points at
        missing = sum(_put_aside_orphans(connection, rules, reference, quarantine) for reference in references)
        removed += missing
        if not missing or not any(table == rules.name for _, table, _ in references):
            return removed


def _put_aside_orphans(
    connection: psycopg.Connection[Any], rules: TableRules, reference: tuple[str, str, str], quarantine: Quarantine
) -> int:
    """Rows whose `reference` points at nothing in the shop, nor (for a table that points at itself) in staging."""
    column, table, there = reference
    condition = sql.SQL("{0} is not null and not exists (select from {1} as parent where parent.{2} = {3}.{0})").format(
        sql.Identifier(column), sql.Identifier("shop", table), sql.Identifier(there), rules.staging
    )
    if table == rules.name:
        condition += sql.SQL(" and not exists (select from {0} as sibling where sibling.{1} = {0}.{2})").format(
            rules.staging, sql.Identifier(there), sql.Identifier(column)
        )
    orphans = connection.execute(sql.SQL("select exists (select from {} where {})").format(rules.staging, condition)).fetchone()
    if not (orphans and orphans[0]):
        return 0
    return quarantine.take_from_staging(connection, rules, condition, f"{column} is not in shop.{table}")


def _leave_one_per_key(connection: psycopg.Connection[Any], rules: TableRules, quarantine: Quarantine) -> tuple[int, int]:
    """Take repeats of a key out of staging: one with other values goes to quarantine. Returns all of them, and the plain ones."""
    key = sql.SQL(", ").join(map(sql.Identifier, rules.key))
    row = connection.execute(sql.SQL("select count(*) - count(distinct ({})) from {}").format(key, rules.staging)).fetchone()
    if not (row and row[0]):
        return 0, 0
    same = sql.SQL(" and ").join(
        sql.SQL("other.{0} = {1}.{0}").format(sql.Identifier(column), rules.staging) for column in rules.key
    )
    before = sql.SQL("exists (select from {0} as other where {1} and other.ctid < {0}.ctid{2})")
    contents = sql.SQL(" and (to_jsonb(other) - 'created_at' - 'updated_at') <> (to_jsonb({0}) - 'created_at' - 'updated_at')")
    differs = before.format(rules.staging, same, contents.format(rules.staging))
    clashed = quarantine.take_from_staging(connection, rules, differs, "the same key came before with other values")
    plain = sql.SQL("delete from {} where ").format(rules.staging) + before.format(rules.staging, same, sql.SQL(""))
    repeated = connection.execute(plain).rowcount
    return clashed + repeated, repeated


def _put_aside_taken(connection: psycopg.Connection[Any], rules: TableRules, quarantine: Quarantine) -> None:
    """Rows that are in the shop neither before nor now: another row holds their unique value."""
    condition = sql.SQL("not exists (select from {} as other where {})").format(rules.target, rules.same_key("other"))
    quarantine.take_from_staging(connection, rules, condition, TAKEN)
