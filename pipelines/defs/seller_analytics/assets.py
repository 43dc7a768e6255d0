"""The seller analytics family, then every seller's forecast."""

import dagster as dg

from marketplace.vocabulary import ModelName
from pipelines.defs.model_family import model_family
from pipelines.resources.model_registry import ModelRegistryResource
from pipelines.resources.warehouse import WarehouseResource

HORIZON_DAYS = 28


@dg.asset(
    key=["predictions", "seller_forecasts"],
    group_name="seller_analytics",
    deps=[["champions", "seller_analytics"], ["marts", "fct_seller_days"], ["marts", "dim_sellers"]],
)
def seller_forecasts(warehouse: WarehouseResource, registry: ModelRegistryResource) -> dg.MaterializeResult:
    """The next four weeks of each seller, or the word that there is not enough data; an older champion knows the new days too."""
    from models import seller_analytics

    opened, until = warehouse.open(), warehouse.data_until()
    champion, version = registry.champion(ModelName.SELLER_ANALYTICS)
    model = seller_analytics.as_of(champion, seller_analytics.load_training_set(opened, until=until))
    seller_ids = opened.read("select seller_id from marts.dim_sellers order by 1")["seller_id"].tolist()
    frame = seller_analytics.forecast_frame(model, seller_ids, horizon_days=HORIZON_DAYS)
    frame = frame.assign(
        model_name=ModelName.SELLER_ANALYTICS.value,
        model_version=version.version,
        computed_at=until,
    )
    rows = opened.write(frame, "predictions", "seller_forecasts", replace_where="true")
    return dg.MaterializeResult(metadata={"rows": rows, "sellers": len(seller_ids)})


@dg.asset(
    key=["predictions", "product_forecasts"],
    group_name="seller_analytics",
    deps=[["champions", "seller_analytics"], ["marts", "fct_product_days"], ["marts", "dim_products"]],
)
def product_forecasts(warehouse: WarehouseResource, registry: ModelRegistryResource) -> dg.MaterializeResult:
    """What a week is expected to sell of each product on sale: by its own weeks, by its category's, or nothing to go by."""
    from models import seller_analytics

    opened, until = warehouse.open(), warehouse.data_until()
    champion, version = registry.champion(ModelName.SELLER_ANALYTICS)
    listed = opened.read("select product_id, seller_id from marts.dim_products where is_active order by 1")
    training_set = seller_analytics.load_training_set(opened, until=until)
    frame = seller_analytics.product_frame(champion.products, training_set, listed)
    rows = opened.write(
        frame.assign(model_name=ModelName.SELLER_ANALYTICS.value, model_version=version.version, computed_at=until),
        "predictions",
        "product_forecasts",
        replace_where="true",
    )
    return dg.MaterializeResult(metadata={"rows": rows, **frame["status"].value_counts().to_dict()})


SALES = [["marts", "fct_seller_days"], ["marts", "fct_product_days"], ["marts", "dim_products"]]
ASSETS = [*model_family(ModelName.SELLER_ANALYTICS, deps=SALES), seller_forecasts, product_forecasts]
