"""The feature repository applied, and the online store brought up to date."""

from datetime import UTC, datetime

import dagster as dg

from pipelines.resources.feature_store import FeatureStoreResource

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


@dg.asset(
    key=["feature_store", "definitions"],
    group_name="feature_store",
    kinds={"feast"},
    deps=[["features", table] for table in FEATURE_TABLES],
)
def feature_definitions(feature_store: FeatureStoreResource) -> dg.MaterializeResult:
    """Entities, views and services as `feature_repo` states them."""
    feature_store.apply()
    return dg.MaterializeResult(metadata={"views": len(FEATURE_TABLES)})


@dg.asset(key=["feature_store", "online"], group_name="feature_store", kinds={"feast"}, deps=[feature_definitions])
def online_store(feature_store: FeatureStoreResource) -> dg.MaterializeResult:
    """The latest known value of every feature, ready to be read in milliseconds."""
    until = datetime.now(UTC)
    feature_store.materialize(until)
    return dg.MaterializeResult(metadata={"until": dg.MetadataValue.timestamp(until)})
