"""The recommendation family, then its precomputed lists."""

import dagster as dg

from marketplace.vocabulary import ModelName
from pipelines.defs.model_family import model_family
from pipelines.resources.model_registry import ModelRegistryResource
from pipelines.resources.warehouse import WarehouseResource


@dg.asset(key=["predictions", "product_lists"], group_name="recommendation", deps=[["champions", "recommendation"]])
def product_lists(warehouse: WarehouseResource, registry: ModelRegistryResource) -> dg.MaterializeResult:
    """Lists per customer and product, shown when the recommendation service does not answer."""
    from models import recommendation

    opened = warehouse.open()
    model, version = registry.champion(ModelName.RECOMMENDATION)
    customer_ids = opened.read("select distinct customer_id from marts.fct_interactions order by 1")["customer_id"].tolist()
    frame = recommendation.precompute_lists(model, customer_ids, k=20)
    frame = frame.assign(
        model_name=ModelName.RECOMMENDATION.value,
        model_version=version.version,
        computed_at=warehouse.data_until(),
    )
    rows = opened.write(frame, "predictions", "product_lists", replace_where="true")
    return dg.MaterializeResult(metadata={"rows": rows, "customers": len(customer_ids)})


ASSETS = [
    *model_family(ModelName.RECOMMENDATION, deps=[["marts", "fct_interactions"], ["marts", "dim_products"]]),
    product_lists,
]
