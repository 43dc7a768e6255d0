"""Dagster's own Postgres storage, over connections that it keeps, with what announces a range of partitions in one statement.

Dagster opens a connection for every statement, 2,700 in a run of a small shop, and each time works out a password again; and it
asks the database what its own tables look like nine hundred times. It writes what it did to a range of partitions in batches, but
what it is going to do one event after the other: nine tables over two years of days are seven thousand events, and took minutes.
`dagster.yaml` names this module.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from dagster import DagsterEventType
from dagster._core.events.log import EventLogEntry
from dagster._core.storage.event_log.schema import AssetKeyTable, SqlEventLogStorageTable
from dagster._serdes import ConfigurableClassData
from dagster_postgres import DagsterPostgresStorage, PostgresEventLogStorage
from dagster_postgres.utils import pg_url_from_config
from sqlalchemy import Connection, Engine, create_engine, inspect

_BY_PARTITION = DagsterEventType.ASSET_MATERIALIZATION_PLANNED


class BatchedEventLog(PostgresEventLogStorage):
    """Dagster's event log that stores planned partitions together and remembers its own schema."""

    def __init__(self, postgres_url: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._tables: set[str] = set()
        self._asset_columns: set[str] = set()
        super().__init__(postgres_url, inst_data=inst_data)  # type: ignore[arg-type]

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]) -> "BatchedEventLog":
        """The storage that Dagster's machinery asks for."""
        return cls(pg_url_from_config(config_value), inst_data)  # type: ignore[arg-type]

    def has_table(self, table_name: str) -> bool:
        """Whether there is such a table; one that was found is not looked for again."""
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    def has_asset_key_col(self, column_name: str) -> bool:
        """Whether the table of assets has this column."""
        return column_name in self._asset_columns or super().has_asset_key_col(column_name)

    def _has_asset_key_col_on_connection(self, conn: Connection, column_name: str) -> bool:
        if column_name not in self._asset_columns:
            self._asset_columns |= {column["name"] for column in inspect(conn).get_columns(AssetKeyTable.name)}
        return column_name in self._asset_columns

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        """Planned partitions in one insert, with the asset's own row updated once; everything else as Dagster does."""
        planned = [event for event in events if event.get_dagster_event().event_type == _BY_PARTITION]
        if len(planned) < 2:
            super().store_event_batch(events)
            return
        with self._connect() as connection:
            statement = self.prepare_insert_event_batch(planned).returning(SqlEventLogStorageTable.c.id)
            ids = [int(row[0]) for row in connection.execute(statement)]
        last_of_asset = {event.get_dagster_event().asset_key: (event, number) for event, number in zip(planned, ids, strict=True)}
        with self.index_transaction() as connection:
            for event, number in last_of_asset.values():
                self._store_asset_event(connection, event, number)
        if rest := [event for event in events if event.get_dagster_event().event_type != _BY_PARTITION]:
            super().store_event_batch(rest)


class Storage(DagsterPostgresStorage):
    """Runs, schedules and the batched event log in one database."""

    def __init__(self, postgres_url: str, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__(postgres_url, inst_data=inst_data)
        self._event_log_storage = BatchedEventLog(postgres_url)
        engine = kept_connections(postgres_url)
        for part in (self._run_storage, self._event_log_storage, self._schedule_storage):
            part._engine = engine

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]) -> "Storage":  # type: ignore[override]
        """The storage that Dagster's machinery asks for."""
        return cls(pg_url_from_config(config_value), inst_data)  # type: ignore[arg-type]

    @property
    def event_storage_data(self) -> ConfigurableClassData | None:
        """How another process makes the same event log."""
        return self.inst_data and ConfigurableClassData(__name__, BatchedEventLog.__name__, self.inst_data.config_yaml)


def kept_connections(postgres_url: str) -> Engine:
    """An engine that keeps two connections, one for who works and one for who follows, and notices when they have died."""
    return create_engine(postgres_url, isolation_level="AUTOCOMMIT", pool_size=2, max_overflow=-1, pool_pre_ping=True)
