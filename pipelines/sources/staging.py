"""One table's way into the shop: checked frame, COPY into a temporary table, the database's own rules, then what is new.

A row that breaks a rule goes to `quarantine.rows` with the reason; the rest of its table stays. Many rows for an empty table try
the short way of `first_load.py` before. Rows are sent as text that polars writes: that costs hardly more than binary through
Arrow (`benchmarks/ingest.py`) and stays inside this transaction.
"""

from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, replace
from typing import Any

import polars as pl
import psycopg
from psycopg import errors, sql

from pipelines.sources import first_load
from pipelines.sources.arriving import Arriving, copy_in
from pipelines.sources.quarantine import Quarantine
from pipelines.sources.restating import TAKEN, restate
from pipelines.sources.table_rules import KEPT_AS_TEXT, Reference, TableRules, input_check, read_rules

__all__ = ["Loaded", "input_check", "load_table", "read_rules"]


@dataclass(frozen=True)
class Loaded:
    """Rows of one table: inserted now, restated, there before (or repeated in the file), and put aside.

    `kept` of those there before came with other values, but the shop had changed them itself.
    """

    inserted: int
    already_there: int
    quarantined: int = 0
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
    arriving = Arriving(rules, batches, quarantine)
    are_many, frames = first_load.head_of(iter(arriving))
    if are_many and first_load.is_for(connection, rules):
        with first_load.indexes_built_afterwards(connection, rules):
            loaded = _load_first(connection, rules, arriving, frames, quarantine)
    else:
        rules = _stage(connection, rules, arriving, frames)
        loaded = _load_staged(
            connection,
            rules,
            quarantine,
            staged=arriving.count,
            restated=rules.given - first_word,
            may_repeat=arriving.may_repeat(),
        )
    return replace(loaded, quarantined=quarantine.count(name) - put_aside_before)


def _load_first(
    connection: psycopg.Connection[Any],
    rules: TableRules,
    arriving: Arriving,
    frames: Iterator[pl.DataFrame],
    quarantine: Quarantine,
) -> Loaded:
    """Fill the empty table; what the database refuses, and all that comes after it, goes the long way."""
    filled, rest = first_load.fill(connection, rules, frames)
    if rest is not None:
        rules = _stage(connection, rules, arriving, rest)
        if arriving.may_repeat():  # a row here and one there may have the same key
            first_load.take_out(connection, rules)
            filled = 0
    inside = replace(rules, given=frozenset(arriving.given), is_in_place=True)
    repeated = 0
    if filled:
        first_load.analyse_roughly(connection, rules.target)
        if arriving.may_repeat():
            removed, repeated = _leave_one_per_key(connection, inside, quarantine)
            filled -= removed
        filled -= _put_aside_all_orphans(connection, inside, inside.soft_references, quarantine)
        quarantine.resolve_loaded(connection, inside)
    if rest is None:
        return Loaded(filled, repeated)
    loaded = _load_staged(
        connection, rules, quarantine, staged=arriving.count - filled, restated=frozenset(), may_repeat=arriving.may_repeat()
    )
    return replace(loaded, inserted=filled + loaded.inserted)


def _stage(
    connection: psycopg.Connection[Any], rules: TableRules, arriving: Arriving, frames: Iterator[pl.DataFrame]
) -> TableRules:
    """Make the temporary table and fill it; the rules with the columns that came."""
    connection.execute(
        sql.SQL("create temporary table {} (like {} including defaults) on commit drop").format(rules.staging, rules.target)
    )
    for column, kind in rules.columns.items():
        identifier = sql.Identifier(column)
        if kind.is_required:
            connection.execute(sql.SQL("alter table {} alter column {} drop not null").format(rules.staging, identifier))
        if kind.name in KEPT_AS_TEXT:
            connection.execute(sql.SQL("alter table {} alter column {} type text").format(rules.staging, identifier))
    for frame in frames:
        copy_in(connection, rules.staging, frame)
    return replace(rules, given=frozenset(arriving.given))


def _load_staged(
    connection: psycopg.Connection[Any],
    rules: TableRules,
    quarantine: Quarantine,
    *,
    staged: int,
    restated: Set[str],
    may_repeat: bool,
) -> Loaded:
    """Bring the `staged` rows into the shop, those that are there already where a column of `restated` differs."""
    first_load.analyse_roughly(connection, rules.staging)
    staged -= _put_aside_bad(connection, rules, quarantine)
    removed, repeated = _leave_one_per_key(connection, rules, quarantine) if may_repeat else (0, 0)
    again = restate(connection, rules, restated, quarantine)
    staged -= removed + again.refused
    inserted, is_taken = _insert_new(connection, rules)
    if is_taken:
        staged -= _put_aside_taken(connection, rules, quarantine)
    quarantine.resolve_loaded(connection, rules)
    connection.execute(sql.SQL("drop table {}").format(rules.staging))
    return Loaded(inserted, repeated + staged - inserted - again.restated, restated=again.restated, kept=again.kept)


def _insert_new(connection: psycopg.Connection[Any], rules: TableRules) -> tuple[int, bool]:
    """Bring the staged rows whose key is not there into the shop; how many came in, and whether some could not.

    Staging must hold every key once. A row that lost against another's unique value stays behind.
    """
    statement = sql.SQL("insert into {} ({}) select {} from {} where not exists (select from {} as there where {})").format(
        rules.target,
        sql.SQL(", ").join(map(sql.Identifier, rules.columns)),
        sql.SQL(", ").join(map(rules.value, rules.columns)),
        rules.staging,
        rules.target,
        rules.same_key("there"),
    )
    try:
        with connection.transaction():
            return connection.execute(statement).rowcount, False
    except errors.UniqueViolation:  # a value is taken, or the shop was quicker: sort them out row by row, which is slower
        return connection.execute(statement + sql.SQL(" on conflict do nothing")).rowcount, True


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
    references = [reference for reference in rules.references if reference.column in rules.given]
    return removed + _put_aside_all_orphans(connection, rules, references, quarantine)


def _put_aside_all_orphans(
    connection: psycopg.Connection[Any], rules: TableRules, references: Sequence[Reference], quarantine: Quarantine
) -> int:
    """Take rows that point at nothing out of staging, until none is left; returns how many."""
    removed = 0
    outward = [reference for reference in references if reference.table != rules.name]
    for reference, missing in zip(outward, _count_orphans(connection, rules, outward), strict=True):
        if missing:
            removed += quarantine.take_from_staging(connection, rules, _is_orphan(rules, reference), _reason(reference))
    inward = [reference for reference in references if reference.table == rules.name]
    while inward:  # a row put aside may be the one that another in this table points at
        missing = sum(_put_aside_orphans_among_themselves(connection, rules, reference, quarantine) for reference in inward)
        removed += missing
        if not missing:
            break
    return removed


def _count_orphans(connection: psycopg.Connection[Any], rules: TableRules, references: Sequence[Reference]) -> Sequence[int]:
    """How many staged rows point at nothing, per reference to another table; staging is read once for all of them."""
    if not references:
        return ()
    counts, joins = [], []
    for number, (column, table, there) in enumerate(references):
        parent = sql.Identifier(f"parent_{number}")
        own, its = (
            sql.SQL("{}.{}").format(rules.staging, sql.Identifier(column)),
            sql.SQL("{}.{}").format(parent, sql.Identifier(there)),
        )
        counts.append(sql.SQL("count(*) filter (where {} is not null and {} is null)").format(own, its))
        joins.append(sql.SQL("left join {} as {} on {} = {}").format(sql.Identifier("shop", table), parent, its, own))
    query = sql.SQL("select {} from {} {}").format(sql.SQL(", ").join(counts), rules.staging, sql.SQL(" ").join(joins))
    return connection.execute(query).fetchone() or ()


def _is_orphan(rules: TableRules, reference: Reference) -> sql.Composed:
    column, table, there = reference
    return sql.SQL("{0} is not null and not exists (select from {1} as parent where parent.{2} = {3}.{0})").format(
        sql.Identifier(column), sql.Identifier("shop", table), sql.Identifier(there), rules.staging
    )


def _reason(reference: Reference) -> str:
    return f"{reference.column} is not in shop.{reference.table}"


def _put_aside_orphans_among_themselves(
    connection: psycopg.Connection[Any], rules: TableRules, reference: Reference, quarantine: Quarantine
) -> int:
    """Rows whose `reference` to their own table points at nothing in the shop nor in staging."""
    condition = _is_orphan(rules, reference) + sql.SQL(
        " and not exists (select from {0} as sibling where sibling.{1} = {0}.{2})"
    ).format(rules.staging, sql.Identifier(reference.there), sql.Identifier(reference.column))
    # Counted, because a plan that hopes to find one soon steps down the parent's index for every row.
    orphans = connection.execute(sql.SQL("select count(*) from {} where {}").format(rules.staging, condition)).fetchone()
    if not (orphans and orphans[0]):
        return 0
    return quarantine.take_from_staging(connection, rules, condition, _reason(reference))


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
    contents = sql.SQL(
        " and (to_jsonb(other.*) - 'created_at' - 'updated_at') <> (to_jsonb({0}.*) - 'created_at' - 'updated_at')"
    )
    differs = before.format(rules.staging, same, contents.format(rules.staging))
    clashed = quarantine.take_from_staging(connection, rules, differs, "the same key came before with other values")
    plain = sql.SQL("delete from {} where ").format(rules.staging) + before.format(rules.staging, same, sql.SQL(""))
    repeated = connection.execute(plain).rowcount
    return clashed + repeated, repeated


def _put_aside_taken(connection: psycopg.Connection[Any], rules: TableRules, quarantine: Quarantine) -> int:
    """Take rows that are in the shop neither before nor now, because another holds their unique value; returns how many."""
    condition = sql.SQL("not exists (select from {} as other where {})").format(rules.target, rules.same_key("other"))
    return quarantine.take_from_staging(connection, rules, condition, TAKEN)
