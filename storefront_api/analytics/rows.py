"""The rows behind a figure: one query per table, read in pages, added up, or streamed whole into a file."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from marketplace.errors import NotFoundError
from storefront_api.analytics.schemas import RowColumn, RowPage
from storefront_api.database import Database
from storefront_api.pagination import decode_cursor, encode_cursor

Kind = Literal["text", "instant", "date", "count", "money", "rate", "yes_no"]
_POSTGRES = {
    "text": "text", "instant": "timestamptz", "date": "date", "count": "bigint", "money": "bigint",
    "rate": "float8", "yes_no": "boolean",
}  # fmt: skip
_BATCH_ROWS = 2000


class Asked(Protocol):
    """Whose rows of which days: what the queries name, and the currency of their amounts."""

    @property
    def currency(self) -> str:
        """ISO 4217."""

    def values(self) -> dict[str, Any]:
        """The parameters of the query."""


@dataclass(frozen=True)
class Column:
    """One column; `adds_up` when its sum is a figure. Money is in minor units of the period's currency."""

    name: str
    label: str
    kind: Kind
    adds_up: bool = False


@dataclass(frozen=True)
class RowTable:
    """Rows of one kind.

    Args:
        words: what one row is.
        query: its columns by name, of the seller `%(seller_id)s` and the period (`Period.values`) and nobody else.
        order: columns that say which row comes first, biggest first; together they are unique and never null.
        tab: the page whose figures were counted from them.
        counted: how many rows there are, as SQL, where the pipeline counted them; only of columns of which none adds up.
        has_period: whether the days asked for say which rows; otherwise they are those of the last day with figures.
        nothing: what is said where there is no row.
    """

    name: str
    title: str
    words: str
    columns: tuple[Column, ...]
    query: str
    order: tuple[str, ...]
    tab: str = "overview"
    counted: str | None = None
    has_period: bool = True
    nothing: str = "Nothing was counted in these days."

    @property
    def names(self) -> list[str]:
        """The columns of a file, the currency of its amounts last."""
        return [*(column.name for column in self.columns), *(["currency"] if self.has_money else [])]

    @property
    def has_money(self) -> bool:
        """Whether a column is an amount."""
        return any(column.kind == "money" for column in self.columns)

    def kind_of(self, name: str) -> Kind:
        """What the column of this name holds."""
        return next(column.kind for column in self.columns if column.name == name)


def named(tables: Mapping[str, RowTable], name: str) -> RowTable:
    """The table of this name.

    Raises:
        NotFoundError: there is none.
    """
    if name not in tables:
        raise NotFoundError(f"there are no rows called {name!r}; there are {', '.join(sorted(tables))}")
    return tables[name]


async def read_page(
    connection: AsyncConnection[DictRow], table: RowTable, period: Asked, *, cursor: str | None, limit: int
) -> RowPage:
    """Some rows, and where the next ones begin.

    Raises:
        InvalidInputError: the cursor is not one of this table.
    """
    values, after = period.values() | {"limit": limit + 1}, ""
    if cursor is not None:
        last_seen = decode_cursor(cursor, length=len(table.order))
        values |= {f"after_{number}": str(value) for number, value in enumerate(last_seen)}
        after = f" where ({', '.join(table.order)}) < ({', '.join(_typed(table))})"
    query = f"select * from ({table.query}) as found{after} {_ordered(table)} limit %(limit)s"
    rows = await (await connection.execute(query, values)).fetchall()  # type: ignore[arg-type]
    is_more = len(rows) > limit
    return RowPage(
        name=table.name,
        title=table.title,
        definition=table.words,
        currency=period.currency,
        columns=[RowColumn(name=one.name, label=one.label, kind=one.kind) for one in table.columns],
        rows=[_named(table, row) for row in rows[:limit]],
        next_cursor=encode_cursor(*(rows[limit - 1][name] for name in table.order)) if is_more else None,
    )


async def totals(connection: AsyncConnection[DictRow], table: RowTable, period: Asked) -> dict[str, int]:
    """The sum of each column that adds up, and `row_count`."""
    sums = "".join(f", coalesce(sum({one.name}), 0)::bigint as {one.name}" for one in table.columns if one.adds_up)
    query = f"select count(*)::bigint as row_count{sums} from ({table.query}) as found"
    if table.counted is not None:
        query = f"select coalesce(({table.counted}), 0)::bigint as row_count"
    row = await (await connection.execute(query, period.values())).fetchone()  # type: ignore[arg-type]
    assert row is not None
    return dict(row)


async def every_row(database: Database, table: RowTable, period: Asked) -> AsyncIterator[list[list[Any]]]:
    """All rows in batches, as they stand in a file; read in a transaction of its own, which lasts as long as the download."""
    async with (
        database.transaction() as connection,
        connection.cursor(name="rows") as cursor,
    ):
        await cursor.execute(f"select * from ({table.query}) as found {_ordered(table)}", period.values())  # type: ignore[arg-type]
        while batch := await cursor.fetchmany(_BATCH_ROWS):
            yield [_cells(table, row, period.currency) for row in batch]


def _ordered(table: RowTable) -> str:
    return f"order by {', '.join(f'{name} desc' for name in table.order)}"


def _typed(table: RowTable) -> list[str]:
    return [f"%(after_{number})s::{_POSTGRES[table.kind_of(name)]}" for number, name in enumerate(table.order)]


def _named(table: RowTable, row: Mapping[str, Any]) -> dict[str, Any]:
    return {column.name: row[column.name] for column in table.columns}


def _cells(table: RowTable, row: Mapping[str, Any], currency: str) -> list[Any]:
    return [*_named(table, row).values(), *([currency] if table.has_money else [])]
