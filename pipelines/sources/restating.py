"""A row that comes again with other values: when the shop takes them, and when its own word stands.

The source may restate what it told. What the shop has changed itself since (a sale took stock, a seller wrote a new price, a
demo log-in got its password) is not undone by a file. `updated_at` tells the two apart: it equals `created_at`, or the instant
of the source's last restatement, until the shop writes.
"""

from collections.abc import Set
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import errors, sql

from pipelines.sources.quarantine import Quarantine
from pipelines.sources.table_rules import TableRules

TAKEN = "another row has the same unique value"


@dataclass(frozen=True)
class Restated:
    """How many rows of the shop took new values, how many it had changed itself and kept, how many a unique rule refused."""

    restated: int = 0
    kept: int = 0
    refused: int = 0


def restate(connection: psycopg.Connection[Any], rules: TableRules, columns: Set[str], quarantine: Quarantine) -> Restated:
    """Bring staged rows whose key is in the shop already into it where they differ in `columns`.

    A row whose new values break a unique rule goes to quarantine, and the shop's stays as it was.
    """
    compared = [
        column for column in rules.columns if column in columns and column not in {*rules.key, "created_at", "updated_at"}
    ]
    if not compared:
        return Restated()
    changed = sql.Identifier(f"changed_{rules.name}")
    connection.execute(_find_changed(rules, compared, changed))
    found = connection.execute(
        sql.SQL("select count(*) filter (where is_ours), count(*) filter (where not is_ours) from {}").format(changed)
    ).fetchone()
    ours, kept = (int(found[0]), int(found[1])) if found else (0, 0)
    refused = _take_over(connection, rules, compared, changed, quarantine) if ours else 0
    connection.execute(sql.SQL("drop table {}").format(changed))
    return Restated(ours - refused, kept, refused)


def _find_changed(rules: TableRules, compared: list[str], changed: sql.Identifier) -> sql.Composed:
    differs = [
        sql.SQL("case when t.{0} is distinct from {1} then {2} end").format(
            sql.Identifier(column), rules.value(column), sql.Literal(column)
        )
        for column in compared
    ]
    there, staged = (
        sql.SQL(", ").join(sql.Identifier("t", column) for column in compared),
        sql.SQL(", ").join(map(rules.value, compared)),
    )
    untouched: sql.Composable = sql.SQL("true")
    if "updated_at" in rules.columns:
        untouched = sql.SQL(
            "t.updated_at = t.created_at or t.updated_at = "
            "(select max(r.restated_at) from ingest.restatements r where r.object = {} and r.row_key = {})"
        ).format(sql.Literal(rules.name), rules.row_key())
    return sql.SQL(
        "create temporary table {changed} on commit drop as select {staging}.ctid as staged, {row_key} as row_key, "
        "array_remove(array[{differs}], null) as restated_columns, coalesce({untouched}, false) as is_ours "
        "from {staging} join {target} t on {same} where row({there}) is distinct from row({values}){but}"
    ).format(
        changed=changed,
        staging=rules.staging,
        target=rules.target,
        row_key=rules.row_key(),
        differs=sql.SQL(", ").join(differs),
        untouched=untouched,
        same=rules.same_key("t"),
        there=there,
        values=staged,
        # Lent to whoever looks around: their e-mail is not the file's, and that is no news.
        but=sql.SQL(" and not t.is_demo_account" if "is_demo_account" in rules.columns else ""),
    )


def _take_over(
    connection: psycopg.Connection[Any],
    rules: TableRules,
    compared: list[str],
    changed: sql.Identifier,
    quarantine: Quarantine,
) -> int:
    """Update the shop's rows; returns how many broke a unique rule instead."""
    moment = sql.SQL("t.updated_at") if "updated_at" in rules.columns else sql.SQL("clock_timestamp()")
    statement = sql.SQL(
        "with done as (update {target} t set {values} from {staging} join {changed} c on c.staged = {staging}.ctid "
        "where {same} and c.is_ours and ({only}) returning c.row_key, c.restated_columns, {moment} as at) "
        "insert into ingest.restatements (source, object, row_key, restated_columns, restated_at) "
        "select {source}, {name}, row_key, restated_columns, at from done"
    ).format(
        target=rules.target,
        values=sql.SQL(", ").join(sql.SQL("{} = {}").format(sql.Identifier(column), rules.value(column)) for column in compared),
        staging=rules.staging,
        changed=changed,
        same=rules.same_key("t"),
        moment=moment,
        source=sql.Literal(quarantine.source),
        name=sql.Literal(rules.name),
        only=sql.SQL("{only}"),
    )
    text = statement.as_string(connection)
    try:
        with connection.transaction():
            connection.execute(text.replace("{only}", "true"))  # type: ignore[arg-type]
            return 0
    except errors.UniqueViolation:
        pass
    refused = 0
    rows = connection.execute(sql.SQL("select staged::text from {} where is_ours order by staged").format(changed)).fetchall()
    for (staged,) in rows:  # one at a time: the statement cannot say which of its rows was taken
        try:
            with connection.transaction():
                connection.execute(text.replace("{only}", f"c.staged = '{staged}'::tid"))  # type: ignore[arg-type]
        except errors.UniqueViolation:
            condition = sql.SQL("ctid = {}::tid").format(sql.Literal(staged))
            refused += quarantine.take_from_staging(connection, rules, condition, TAKEN)
    return refused
