"""Dagster's own Postgres storage, with the events that announce a range of partitions written in one statement.

Dagster writes what it did to a range of partitions in batches, but what it is going to do one event after the other, each on
connections of its own: nine tables over two years of days are seven thousand events, and took minutes. `dagster.yaml` names this
module.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from dagster import DagsterEventType
from dagster._core.events.log import EventLogEntry
from dagster._core.storage.event_log.schema import SqlEventLogStorageTable
from dagster._serdes import ConfigurableClassData
from dagster_postgres import DagsterPostgresStorage, PostgresEventLogStorage
from dagster_postgres.utils import pg_url_from_config

_BY_PARTITION = DagsterEventType.ASSET_MATERIALIZATION_PLANNED


class BatchedEventLog(PostgresEventLogStorage):
    """Dagster's event log that stores planned partitions together."""

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]) -> "BatchedEventLog":
        """The storage that Dagster's machinery asks for."""
        return cls(inst_data=inst_data, postgres_url=pg_url_from_config(config_value))  # type: ignore[arg-type]

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

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]) -> "Storage":  # type: ignore[override]
        """The storage that Dagster's machinery asks for."""
        return cls(pg_url_from_config(config_value), inst_data)  # type: ignore[arg-type]

    @property
    def event_storage_data(self) -> ConfigurableClassData | None:
        """How another process makes the same event log."""
        return self.inst_data and ConfigurableClassData(__name__, BatchedEventLog.__name__, self.inst_data.config_yaml)
