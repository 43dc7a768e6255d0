"""Reading and writing warehouse tables: frames out through ADBC, frames in through binary COPY.

`Warehouse` is the only way in which pipelines, models and notebooks touch Postgres tables in bulk.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql


class Warehouse:
    """One Postgres database that holds `shop`, `raw_shop`, the dbt schemas and predictions."""

    def __init__(self, database_url: str) -> None:
        self.database_url = database_url

    @contextmanager
    def connect(self) -> Iterator[psycopg.Connection[Any]]:
        """A connection whose block is one transaction: committed at the end, rolled back on an error."""
        with psycopg.connect(self.database_url) as connection:
            yield connection

    def read_arrow(self, query: str) -> Any:
        """The query's rows as a `pyarrow.Table`."""
        from adbc_driver_postgresql import dbapi

        with dbapi.connect(self.database_url) as connection, connection.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetch_arrow_table()

    def read(self, query: str) -> Any:
        """The query's rows as a `pandas.DataFrame`; instants come back in UTC."""
        return self.read_arrow(query).to_pandas(timestamp_as_object=False)

    def write(self, frame: Any, schema: str, table: str, *, replace_where: str | None = None) -> int:
        """Append `frame` to an existing table by COPY, in one transaction, and return the number of rows.

        Args:
            frame: columns named as in the table; any order, missing columns take their default.
            replace_where: SQL condition on rows deleted in the same transaction, `"true"` for all, so that a rerun
                changes nothing.
        """
        target = sql.Identifier(schema, table)
        columns: Sequence[str] = list(frame.columns)
        with self.connect() as connection, connection.cursor() as cursor:
            if replace_where is not None:
                cursor.execute(sql.SQL("delete from {} where ").format(target) + sql.SQL(replace_where))  # type: ignore[arg-type]
            copy = sql.SQL("copy {} ({}) from stdin").format(target, sql.SQL(", ").join(map(sql.Identifier, columns)))
            with cursor.copy(copy) as stream:
                for row in frame.astype(object).where(frame.notna(), None).itertuples(index=False, name=None):
                    stream.write_row(row)
        return len(frame)
