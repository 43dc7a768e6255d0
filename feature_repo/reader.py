"""The only code that calls Feast at run time: training sets, online reads, pushes, materialisation."""

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

from feature_repo import online_tables
from feature_repo.point_in_time import StoredView, as_known
from feature_repo.service_columns import ServiceColumns, stored_view
from marketplace.errors import FeaturesMissingError, InvalidInputError, MissingColumnsError
from marketplace.settings import Settings

if TYPE_CHECKING:
    import pandas as pd
    from feast import FeatureStore

    from feature_repo.newest_values import NewestValues

FOLDER = Path(__file__).parent
_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
_OVERLAP = timedelta(hours=1)  # longer than a dbt run: rows written by one still open at the last materialisation


class FeatureReader:
    """One marketplace's feature store; opened on first use, safe to share between threads."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._lock = threading.Lock()
        # Held while a service is read from the registry, so that all who miss it at once wait for one reading.
        self._opening = threading.RLock()
        self._services: dict[str, ServiceColumns] = {}
        self._newest: dict[str, _Newest] = {}

    @cached_property
    def store(self) -> "FeatureStore":
        """Feast's own object, configured by `feature_store.yaml` and the settings."""
        import yaml
        from feast import FeatureStore, RepoConfig

        text = Template((FOLDER / "feature_store.yaml").read_text()).substitute(self.settings.libpq_environment())
        config = RepoConfig(**yaml.safe_load(text))
        config.repo_path = FOLDER
        online_tables.keep_newer_values(self.settings.database_url(), config.project)
        return FeatureStore(config=config)

    def apply(self) -> list[str]:
        """The names of the views registered: the registry and the online tables now match `definitions.py`."""
        from feast import Entity, FeatureService, FeatureView, OnDemandFeatureView
        from feast.data_source import DataSource

        from feature_repo import definitions

        with self._lock:
            kinds = (Entity, FeatureService, FeatureView, OnDemandFeatureView, DataSource)
            wanted: list[Any] = [value for value in vars(definitions).values() if isinstance(value, kinds)]
            names = {value.name for value in wanted}
            registered: list[Any] = [*self.store.list_feature_services(), *self.store.list_all_feature_views()]
            stale = [known for known in registered if known.name not in names]
            self.store.apply(wanted, objects_to_delete=stale, partial=False)
            online_tables.keep_newer_values(self.settings.database_url(), self.store.project)
            self.refresh()
        return sorted(view.name for view in wanted if isinstance(view, FeatureView))

    def refresh(self) -> None:
        """Read the registry again, now rather than at the next turn of its thread."""
        self.store.refresh_registry()
        with self._opening:
            self._services.clear()
            self._newest.clear()

    def training_set(self, service: str, labels: "pd.DataFrame") -> "pd.DataFrame":
        """`labels` with the service's features as they were known at each row's `event_timestamp`.

        Every label row comes back once and in its place; where an entity is unknown or missing, its features are null.

        Args:
            labels: `event_timestamp` (UTC) and the service's entity keys; request data by name where the service has
                on-demand features; any other column is carried along untouched.
        """
        import pandas as pd

        wanted = self._service(service)
        if missing := sorted({"event_timestamp", *wanted.keys} - set(labels.columns)):
            raise MissingColumnsError(f"{service} needs the columns {', '.join(missing)}; labels have {', '.join(labels)}")
        instants = pd.to_datetime(labels["event_timestamp"], utc=True)
        if instants.isna().any():
            raise InvalidInputError(f"event_timestamp is missing in {int(instants.isna().sum())} of {len(labels)} labels")
        features = [name for name in wanted.features if name not in labels.columns]
        if labels.empty:
            return labels.assign(**{name: pd.Series(dtype="float64") for name in features})
        stored, request = wanted.asked(labels, instants)
        found = as_known(self.settings.database_url(), stored, wanted.views)
        if len(found) != len(labels):
            raise FeaturesMissingError(f"{service} returned {len(found)} rows for {len(labels)} labels")
        answers = wanted.with_on_demand(found, request).to_pandas()
        return labels.assign(**{name: answers[name].to_numpy() for name in features})

    def online(self, service: str, entities: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """The service's features now, one dictionary per entity in the order asked; None where nothing is known.

        Args:
            entities: the service's entity keys and, for on-demand features, the request data; what is missing or None is
                treated as unknown.
        """
        newest = self._newest_values(service)
        return newest.answers(entities, newest.values.read(entities))

    async def online_soon(self, service: str, entities: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """What `online` says, without holding up the event loop: a service not known yet is opened in a thread."""
        newest = self._newest.get(service)
        if newest is None:
            newest = await asyncio.to_thread(self._newest_values, service)
        return newest.answers(entities, await newest.values.read_soon(entities))

    def push_session_events(self, frame: "pd.DataFrame") -> None:
        """Write visits' newest values to the online store, where they can be read at once.

        Args:
            frame: one row per visit with the columns of `session_activity`: `session_id`, `event_timestamp` (UTC) and
                every feature; `created_at` is not needed.
        """
        if len(frame):
            self.store.push("session_events", frame)

    def materialize(self, until: datetime) -> dict[str, tuple[datetime, datetime]]:
        """The stretch of event time brought to the online store, per view: what is new or was rewritten since the last run.

        A value whose row is gone gives way to the entity's newest row, or to nothing.

        Feast's own incremental run starts at the end of the last one, and at first a year back: that would lose both what
        a backfill changed and whoever was last seen before that year.
        """
        done = {}
        with self._lock:
            for view in self.store.list_feature_views():
                start = self._start_of(view, until)
                self.store.materialize(start, until, feature_views=[view.name])
                self._take_back(view, until)
                if view.ttl:
                    table = f"{self.store.project}_{view.name}"
                    online_tables.forget_before(self.settings.database_url(), table, until - view.ttl)
                done[view.name] = (start, until)
            self.refresh()
        return done

    def _start_of(self, view: Any, until: datetime) -> datetime:
        earliest = until - view.ttl if view.ttl else _BEGINNING
        if not view.materialization_intervals:
            return earliest
        last_end = max(end for _, end in view.materialization_intervals)
        touched = online_tables.oldest_row_written_since(self.settings.database_url(), view.name, last_end - _OVERLAP)
        start: datetime = max(earliest, min(last_end, touched or last_end, until))
        return start

    def _take_back(self, view: Any, until: datetime) -> None:
        """Let go of online values whose row is gone; each entity then has its newest row up to `until`, or none."""
        from feature_repo.withdrawn_rows import WithdrawnRows

        source = stored_view(view, [field.name for field in view.features])
        rows = WithdrawnRows(self.settings.database_url(), self.store.project, source, is_pushed=view.stream_source is not None)
        rows.watch()
        withdrawn = rows.date_back()
        if withdrawn.keys:
            newest = self._newest_rows(source, list(withdrawn.keys), until)
            if len(newest):
                self.store.write_to_online_store(view.name, newest)
        rows.forget(withdrawn)

    def _newest_rows(self, view: StoredView, entities: Sequence[str], until: datetime) -> "pd.DataFrame":
        """The rows that hold at `until`, of those entities that have one."""
        import pyarrow as pa

        asked = pa.table({key: pa.array(entities, pa.string()) for key in view.keys})
        asked = asked.append_column("event_timestamp", pa.array([until] * len(entities), pa.timestamp("us", "UTC")))
        dated = replace(view, columns=(*view.columns, view.timestamp))
        found = as_known(self.settings.database_url(), asked, [dated])
        rows = asked.select(view.keys).to_pandas().join(found.to_pandas(integer_object_nulls=True))
        return rows.dropna(subset=[view.timestamp])

    def _service(self, name: str) -> ServiceColumns:
        known = self._services.get(name)
        if known is None:
            with self._opening:
                known = self._services.get(name)
                if known is None:
                    known = self._services[name] = ServiceColumns.read(self.store, name)
        return known

    def _newest_values(self, name: str) -> "_Newest":
        known = self._newest.get(name)
        if known is None:
            with self._opening:
                known = self._newest.get(name)
                if known is None:
                    known = self._newest[name] = self._opened(name)
        return known

    def _opened(self, name: str) -> "_Newest":
        from feature_repo.newest_values import NewestValues
        from feature_repo.on_demand import BY_ROW

        service = self._service(name)
        values = NewestValues(self.settings.database_url(), self.store.project, service.views)
        return _Newest(values, service.features, [BY_ROW[view.name] for view in service.on_demand])


@dataclass(frozen=True)
class _Newest:
    """What one service's online values are read and answered by."""

    values: "NewestValues"
    features: Sequence[str]
    formulas: Sequence[Callable[[Mapping[str, Any]], Mapping[str, Any]]]

    def answers(self, entities: Sequence[Mapping[str, Any]], rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """The service's features, on-demand ones included, from the stored values in `rows`."""
        found = []
        for entity, row in zip(entities, rows, strict=True):
            for formula in self.formulas:
                made = formula({**entity, **row})
                row |= {name: value if value == value else None for name, value in made.items()}
            found.append({name: row[name] for name in self.features})
        return found
