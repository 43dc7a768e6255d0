"""The only code that calls Feast at run time: training sets, online reads, pushes, materialisation."""

import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

from feature_repo import online_tables
from marketplace.errors import FeaturesMissingError, InvalidInputError, MissingColumnsError
from marketplace.settings import Settings

if TYPE_CHECKING:
    import pandas as pd
    from feast import FeatureService, FeatureStore

FOLDER = Path(__file__).parent
_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
_ROW = "label_row"
_OVERLAP = timedelta(hours=1)  # longer than a dbt run: rows written by one still open at the last materialisation


class FeatureReader:
    """One marketplace's feature store; opened on first use, safe to share between threads."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._lock = threading.Lock()
        self._services: dict[str, _Service] = {}

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
        self._services.clear()

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
        asked = pd.DataFrame({"event_timestamp": instants.array, _ROW: range(len(labels))})
        for key in wanted.keys:
            asked[key] = _texts(labels[key])
        for name, kind in wanted.request.items():
            column = labels[name] if name in labels.columns else pd.Series([None] * len(labels))
            asked[name] = _texts(column) if kind == "text" else _numbers(column)
        found = self.store.get_historical_features(entity_df=asked, features=wanted.service).to_df()
        found = found.sort_values(_ROW)
        if found[_ROW].tolist() != list(range(len(labels))):
            raise FeaturesMissingError(f"{service} returned {len(found)} rows for {len(labels)} labels")
        return labels.assign(**{name: found[name].to_numpy() for name in features})

    def online(self, service: str, entities: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """The service's features now, one dictionary per entity in the order asked; None where nothing is known.

        Args:
            entities: the service's entity keys and, for on-demand features, the request data; what is missing or None is
                treated as unknown.
        """
        wanted = self._service(service)
        rows = [wanted.online_row(entity) for entity in entities]
        if not rows:
            return []
        answer = self.store.get_online_features(features=wanted.service, entity_rows=rows).to_dict()
        columns = [(name, answer[name]) for name in wanted.features]
        return [{name: values[place] for name, values in columns} for place in range(len(rows))]

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

        Feast's own incremental run starts at the end of the last one, and at first a year back: that would lose both what
        a backfill changed and whoever was last seen before that year.
        """
        done = {}
        with self._lock:
            for view in self.store.list_feature_views():
                start = self._start_of(view, until)
                self.store.materialize(start, until, feature_views=[view.name])
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

    def _service(self, name: str) -> "_Service":
        known = self._services.get(name)
        if known is None:
            known = self._services[name] = _Service.read(self.store, name)
        return known


class _Service:
    """What a service asks for and gives, worked out once: Feast would do it again for each request."""

    def __init__(
        self, service: "FeatureService", keys: Sequence[str], request: Mapping[str, str], features: Sequence[str]
    ) -> None:
        self.service = service
        self.keys = tuple(keys)
        self.request = dict(request)
        self.features = tuple(features)

    @classmethod
    def read(cls, store: "FeatureStore", name: str) -> "_Service":
        from feast.errors import FeastObjectNotFoundException
        from feast.types import String

        try:
            service = store.get_feature_service(name, allow_cache=True)
        except FeastObjectNotFoundException as error:
            raise FeaturesMissingError(
                f"no feature service {name!r} is registered; apply the feature repository first"
            ) from error
        keys: dict[str, None] = {}
        request: dict[str, str] = {}
        on_demand = {view.name: view for view in store.list_on_demand_feature_views(allow_cache=True)}
        for projection in service.feature_view_projections:
            view = on_demand.get(projection.name)
            names = [projection.name] if view is None else [p.name for p in view.source_feature_view_projections.values()]
            for stored in names:
                keys.update(dict.fromkeys(store.get_feature_view(stored, allow_registry_cache=True).join_keys))
            if view is not None:
                for source in view.source_request_sources.values():
                    request |= {field.name: "text" if field.dtype == String else "number" for field in source.schema}
        features = [field.name for projection in service.feature_view_projections for field in projection.features]
        return cls(service, list(keys), request, features)

    def online_row(self, entity: Mapping[str, Any]) -> dict[str, Any]:
        """What Feast is asked: it wants every key and every request value, of the declared type."""
        row: dict[str, Any] = {key: str(entity.get(key) or "") for key in self.keys}
        for name, kind in self.request.items():
            value = entity.get(name)
            row[name] = (value or "") if kind == "text" else _number(value)
        return row


def _number(value: Any) -> float:
    if value is None:
        return float("nan")
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()
    return float(value)


def _texts(column: "pd.Series") -> "pd.Series":
    """Ids and codes as text, empty where missing: no id is empty, and a column of nulls has no type in Feast's upload."""
    return column.where(column.notna(), "").astype(str).reset_index(drop=True)


def _numbers(column: "pd.Series") -> "pd.Series":
    """Numbers as float64; instants as seconds since 1970."""
    import pandas as pd

    if pd.api.types.is_datetime64_any_dtype(column) or (column.dtype == object and column.map(_is_instant).any()):
        instants = pd.to_datetime(column, utc=True)
        seconds = (instants - pd.Timestamp(0, tz="UTC")) / pd.Timedelta(seconds=1)
        return seconds.astype("float64").reset_index(drop=True)
    return pd.to_numeric(column).astype("float64").reset_index(drop=True)


def _is_instant(value: Any) -> bool:
    return isinstance(value, datetime)
