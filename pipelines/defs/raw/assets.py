"""`raw_shop.*`: the incremental copy of the operational schema."""

from collections.abc import Iterator

import dagster as dg

from pipelines.raw_copy import copy_to_raw
from pipelines.resources.warehouse import WarehouseResource

RAW_TABLES = (
    "addresses",
    "categories",
    "chargebacks",
    "customisations",
    "devices",
    "dismissals",
    "events",
    "experiment_exposures",
    "experiments",
    "fraud_decisions",
    "fraud_labels",
    "impressions",
    "messages",
    "order_customisations",
    "order_items",
    "orders",
    "payment_attempts",
    "payouts",
    "products",
    "refunds",
    "reviews",
    "sellers",
    "sessions",
    "stock",
    "stock_moves",
    "tag_suggestions",
    "transactions",
    "users",
    "wishlist_items",
)


@dg.multi_asset(
    name="raw_shop",
    specs=[dg.AssetSpec(["raw_shop", table], group_name="raw", kinds={"postgres"}) for table in RAW_TABLES],
    can_subset=True,
)
def raw_shop(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> Iterator[dg.MaterializeResult]:
    """Rows of the shop that changed since the last copy."""
    chosen = [key.path[-1] for key in context.selected_asset_keys]
    for table, copy in copy_to_raw(warehouse.database_url, chosen).items():
        yield dg.MaterializeResult(asset_key=["raw_shop", table], metadata={"rows_copied": copy.rows_copied})
