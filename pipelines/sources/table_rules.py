"""What Postgres itself knows about a shop table, read from its catalogue: so a migration changes the import's rules too."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import psycopg
from psycopg import sql


class Reference(NamedTuple):
    """A column that names a row of another table, or of its own, by that one's column `there`."""

    column: str
    table: str
    there: str


# References that have no foreign key in the database because the table is large and append-only.
_SOFT_REFERENCES: dict[str, tuple[Reference, ...]] = {
    "events": (
        Reference("session_id", "sessions", "session_id"),
        Reference("customer_id", "users", "user_id"),
        Reference("product_id", "products", "product_id"),
    ),
}
KEPT_AS_TEXT = frozenset({"jsonb", "inet", "cidr"})  # parsed by Postgres on the way out of staging, after a check


@dataclass(frozen=True)
class ColumnType:
    """A column as Postgres describes it; `length` only for char(n)."""

    name: str
    length: int | None
    is_required: bool
    has_default: bool


@dataclass(frozen=True)
class TableRules:
    """Columns, key, checks and references of `shop.<name>`."""

    name: str
    columns: dict[str, ColumnType]
    key: tuple[str, ...]
    checks: tuple[tuple[str, str, tuple[str, ...]], ...]  # name, expression, columns it reads
    references: tuple[Reference, ...]
    given: frozenset[str] = frozenset()  # the columns that this load brings
    is_in_place: bool = False  # rows of a first load lie in the shop's table already

    @property
    def staging(self) -> sql.Identifier:
        """The table that rows wait in: a temporary one, or in place of it the shop's own."""
        return self.target if self.is_in_place else sql.Identifier(f"load_{self.name}")

    @property
    def target(self) -> sql.Identifier:
        """The shop's own table."""
        return sql.Identifier("shop", self.name)

    @property
    def soft_references(self) -> tuple[Reference, ...]:
        """Those that no foreign key keeps, by columns that this load brings."""
        return tuple(found for found in _SOFT_REFERENCES.get(self.name, ()) if found.column in self.given)

    def value(self, column: str) -> sql.Composable:
        """A staged column in the type of the shop's."""
        kind = self.columns[column].name
        staged = sql.SQL("{}.{}").format(self.staging, sql.Identifier(column))
        return sql.SQL("{}::{}").format(staged, sql.SQL(kind)) if kind in KEPT_AS_TEXT else staged  # type: ignore[arg-type]

    def same_key(self, other: str) -> sql.Composable:
        """The condition that a staged row and one of the shop's, called `other`, have one key."""
        return sql.SQL(" and ").join(
            sql.SQL("{} = {}").format(sql.Identifier(other, column), self.value(column)) for column in self.key
        )

    def row_key(self) -> sql.Composable:
        """The key of a staged row as the one text that quarantine and restatements know it by."""
        return sql.SQL("concat_ws('/', {})").format(
            sql.SQL(", ").join(sql.SQL("{}.{}").format(self.staging, sql.Identifier(column)) for column in self.key)
        )


def read_rules(connection: psycopg.Connection[Any], name: str) -> TableRules:
    """The rules of `shop.<name>`."""
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
        checks=tuple((row[1], row[2], tuple(row[4] or ())) for row in constraints if row[0] == "c"),
        references=(
            *(Reference(row[4][0], row[3].removeprefix("shop."), row[5][0]) for row in constraints if row[0] == "f"),
            *_SOFT_REFERENCES.get(name, ()),
        ),
    )


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
