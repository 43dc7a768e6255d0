"""Rings, which are no SQL; the feature repository applied, and the online store brought up to date."""

from collections.abc import Iterator
from datetime import UTC, datetime

import dagster as dg

from pipelines.defs.warehouse.turns import one_build_at_a_time
from pipelines.resources.feature_store import FeatureStoreResource
from pipelines.resources.warehouse import WarehouseResource
from pipelines.ring_history import TABLES as RINGS
from pipelines.ring_history import restate_rings

# Those that dbt builds, by day.
FEATURE_TABLES = (
    "customer_orders",
    "customer_engagement",
    "customer_risk",
    "device_activity",
    "product_sales",
    "product_reviews",
    "seller_performance",
    "seller_sales",
    "session_activity",
)

_READ_BY_RINGS = [
    dg.AssetKey(["marts", "fct_payment_attempts"]),
    dg.AssetKey(["intermediate", "int_fraud_label_changes"]),
    dg.AssetKey(["intermediate", "int_time_bounds"]),
]


@dg.multi_asset(
    name="rings",
    specs=[dg.AssetSpec(["features", table], deps=_READ_BY_RINGS) for table in RINGS.values()],
    group_name="features",
)
def rings(warehouse: WarehouseResource) -> Iterator[dg.MaterializeResult]:
    """Who hangs together with whom by devices, cards and addresses, at each midnight that changed it."""
    with one_build_at_a_time():
        written = restate_rings(warehouse.open())
    for table, count in written.items():
        yield dg.MaterializeResult(asset_key=["features", table], metadata={"rows_written": count})


@dg.asset(
    key=["feature_store", "definitions"],
    group_name="feature_store",
    kinds={"feast"},
    deps=[["features", table] for table in (*FEATURE_TABLES, *RINGS.values())],
)
def feature_definitions(feature_store: FeatureStoreResource) -> dg.MaterializeResult:
    """Entities, views and services as `feature_repo` states them."""
    feature_store.apply()
    return dg.MaterializeResult(metadata={"views": len(FEATURE_TABLES) + len(RINGS)})


@dg.asset(key=["feature_store", "online"], group_name="feature_store", kinds={"feast"}, deps=[feature_definitions])
def online_store(feature_store: FeatureStoreResource) -> dg.MaterializeResult:
    """The latest known value of every feature, ready to be read in milliseconds."""
    until = datetime.now(UTC)
    feature_store.materialize(until)
    return dg.MaterializeResult(metadata={"until": dg.MetadataValue.timestamp(until)})
