"""The outlook family, then what it says of every customer and seller, with version and date."""

from collections.abc import Iterator

import dagster as dg

from marketplace.vocabulary import ModelName
from pipelines.defs.model_family import model_family
from pipelines.resources.model_registry import ModelRegistryResource
from pipelines.resources.warehouse import WarehouseResource

DAYS_OF_SALE = [
    ["intermediate", "int_orders_dated_by_approval"],
    ["intermediate", "int_order_items_dated_by_approval"],
    ["marts", "fct_orders"],
    ["marts", "dim_sellers"],
]
TABLES = ("customer_outlooks", "seller_outlooks", "outlook_totals", "outlook_deciles")


@dg.multi_asset(
    specs=[
        dg.AssetSpec(["predictions", table], group_name="outlook", deps=[["champions", "outlook"], *DAYS_OF_SALE])
        for table in TABLES
    ]
)
def outlooks(warehouse: WarehouseResource, registry: ModelRegistryResource) -> Iterator[dg.MaterializeResult]:
    """Who is likely to stay away and what customers are likely to spend, as of the newest day; an older champion knows it too."""
    from models import outlook

    opened, until = warehouse.open(), warehouse.data_until()
    model, version = registry.champion(ModelName.OUTLOOK)
    days = outlook.load_training_set(opened, until=until)
    customers, sellers = outlook.customer_frame(model, days), outlook.seller_frame(model, days)
    frames = (customers, sellers, outlook.total_frame(model, customers, sellers), outlook.decile_frame(model))
    said_by = {"model_name": ModelName.OUTLOOK.value, "model_version": version.version, "computed_at": until}
    for table, frame in zip(TABLES, frames, strict=True):
        rows = opened.write(frame.assign(**said_by), "predictions", table, replace_where="true")
        yield dg.MaterializeResult(asset_key=["predictions", table], metadata={"rows": rows})


ASSETS = [*model_family(ModelName.OUTLOOK, deps=DAYS_OF_SALE), outlooks]
