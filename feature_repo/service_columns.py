"""What a feature service asks of its callers and gives them, and both in the types that Feast wants."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from feature_repo.point_in_time import StoredView
from marketplace.errors import FeaturesMissingError

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    from feast import FeatureService, FeatureStore

_ROWS_AT_ONCE = 10_000  # on-demand functions take Python objects: few enough of them to stay in the processor's cache


class ServiceColumns:
    """What a service asks for and gives, worked out once: Feast would do it again for each request.

    Attributes:
        keys: join keys of every stored view behind it. request: what on-demand views take, `text` or `number` by name.
        features: what it answers, by name. views: the stored features, those that on-demand views take included.
    """

    def __init__(self, service: "FeatureService", store: "FeatureStore") -> None:
        from feast.types import String

        self.service = service
        registered = {view.name: view for view in store.list_on_demand_feature_views(allow_cache=True)}
        projections = service.feature_view_projections
        self.on_demand = [registered[each.name] for each in projections if each.name in registered]
        self.request = {
            field.name: "text" if field.dtype == String else "number"
            for view in self.on_demand
            for source in view.source_request_sources.values()
            for field in source.schema
        }
        columns: dict[str, dict[str, None]] = {}
        behind = [each for view in self.on_demand for each in view.source_feature_view_projections.values()]
        for projection in [*(each for each in projections if each.name not in registered), *behind]:
            columns.setdefault(projection.name, {}).update(dict.fromkeys(field.name for field in projection.features))
        self.views = [
            stored_view(store.get_feature_view(name, allow_registry_cache=True), found) for name, found in columns.items()
        ]
        self.keys = tuple(dict.fromkeys(key for view in self.views for key in view.keys))
        self.features = tuple(field.name for projection in projections for field in projection.features)

    @classmethod
    def read(cls, store: "FeatureStore", name: str) -> "ServiceColumns":
        """The service as it is registered."""
        from feast.errors import FeastObjectNotFoundException

        try:
            return cls(store.get_feature_service(name, allow_cache=True), store)
        except FeastObjectNotFoundException as error:
            raise FeaturesMissingError(
                f"no feature service {name!r} is registered; apply the feature repository first"
            ) from error

    def asked(self, labels: "pd.DataFrame", instants: "pd.Series") -> tuple["pa.Table", "pa.Table"]:
        """What the stored views are asked with, and the request data, row for row with `labels`."""
        import pandas as pd
        import pyarrow as pa

        stored = {"event_timestamp": pa.array(instants.array.as_unit("us"))}
        stored |= {key: pa.array(_texts(labels[key]), pa.string()) for key in self.keys}
        request = {}
        for name, kind in self.request.items():
            column = labels[name] if name in labels.columns else pd.Series([None] * len(labels))
            request[name] = pa.array(_texts(column), pa.string()) if kind == "text" else pa.array(_numbers(column), pa.float64())
        return pa.table(stored), pa.table(request)

    def with_on_demand(self, found: "pa.Table", request: "pa.Table") -> "pa.Table":
        """`found` and what Feast's on-demand views make of it and the request."""
        import pyarrow as pa

        for view in self.on_demand:
            behind = [field.name for each in view.source_feature_view_projections.values() for field in each.features]
            # Nothing but what the view takes: Feast turns every column that it is given into Python objects.
            given = found.select(behind)
            for source in view.source_request_sources.values():
                for field in source.schema:
                    given = given.append_column(field.name, request[field.name])
            batches = given.combine_chunks().to_batches(max_chunksize=_ROWS_AT_ONCE)
            made = pa.concat_tables([view.transform_arrow(pa.Table.from_batches([batch])) for batch in batches])
            for field in view.features:
                found = found.append_column(field.name, made[field.name])
        return found


def stored_view(view: Any, columns: Iterable[str]) -> StoredView:
    """Where Feast's view has these columns."""
    source = view.batch_source
    keys, ttl = tuple(view.join_keys), view.ttl or timedelta(0)
    return StoredView(view.name, source.get_table_query_string(), keys, source.timestamp_field, ttl, tuple(columns))


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
