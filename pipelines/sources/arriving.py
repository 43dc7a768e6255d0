"""The rows of one table on their way from a source: checked against the table's columns, cast, counted, and written by COPY."""

import io
from collections.abc import Iterable, Iterator

import polars as pl
import psycopg
from psycopg import sql

from marketplace.errors import InvalidInputError, MissingColumnsError
from pipelines.sources.casting import cast_rows
from pipelines.sources.quarantine import Quarantine
from pipelines.sources.table_rules import TableRules


class Arriving:
    """Batches of rows in the types of their table, to be gone through once.

    Attributes:
        given: the columns that came so far, the key's among them. count: the rows that came and could be cast.
    """

    def __init__(self, rules: TableRules, batches: Iterable[pl.DataFrame], quarantine: Quarantine) -> None:
        self.given, self.count = set(rules.key), 0
        self._rules, self._batches, self._quarantine = rules, batches, quarantine
        self._hashes: list[pl.Series] = []

    def __iter__(self) -> Iterator[pl.DataFrame]:
        """Frames without the columns in which they hold nothing; rows that hold nothing at all are left out.

        Raises:
            InvalidInputError: a column that the table does not have.
            MissingColumnsError: a column that the table cannot do without is absent.
        """
        for batch in self._batches:
            _refuse_wrong_columns(self._rules, batch.columns)
            self.given.update(batch.columns)
            good = cast_rows(batch, self._rules.name, self._rules.columns, self._rules.key, self._quarantine)
            names = [column for column in good.columns if good[column].null_count() < len(good)]
            if names:
                self.count += len(good)
                self._hashes.append(good.select(self._rules.key).hash_rows())
                yield good.select(names)

    def may_repeat(self) -> bool:
        """Whether a key may have come twice: hashes tell that for a tenth of what the database would need."""
        return bool(self._hashes) and pl.concat(self._hashes).n_unique() < self.count


def copy_in(connection: psycopg.Connection[object], table: sql.Identifier, frame: pl.DataFrame) -> None:
    """Write the frame as text into the columns of its names."""
    copy = sql.SQL("copy {} ({}) from stdin (format csv)").format(table, sql.SQL(", ").join(map(sql.Identifier, frame.columns)))
    text = io.BytesIO()
    # Instants as plain text: polars casts them twice as fast as it formats them.
    instants = [name for name, kind in frame.schema.items() if isinstance(kind, pl.Datetime)]
    frame = frame.with_columns(pl.col(instants).dt.replace_time_zone(None).cast(pl.String) + "+00")
    frame.write_csv(text, include_header=False)  # an empty text is written "", a null is written nothing
    with connection.cursor() as cursor, cursor.copy(copy) as stream:
        stream.write(text.getbuffer())


def _refuse_wrong_columns(rules: TableRules, columns: list[str]) -> None:
    unknown = sorted(set(columns) - rules.columns.keys())
    if unknown:
        raise InvalidInputError(f"shop.{rules.name} has no column {', '.join(unknown)}; it has {', '.join(rules.columns)}")
    needed = {column for column, kind in rules.columns.items() if kind.is_required and not kind.has_default}
    if missing := sorted(needed - set(columns)):
        raise MissingColumnsError(f"rows for shop.{rules.name} lack {', '.join(missing)}; they have {', '.join(columns)}")
