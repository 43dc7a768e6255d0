"""The recommendation family, then its precomputed lists."""

import dagster as dg

from marketplace.vocabulary import ModelName
from pipelines.defs.model_family import model_family
from pipelines.resources.model_registry import ModelRegistryResource
from pipelines.resources.warehouse import WarehouseResource

# How much of what a customer did after an older champion was trained counts, as a running session does.
_RECENT = 20


@dg.asset(
    key=["predictions", "product_lists"],
    group_name="recommendation",
    deps=[["champions", "recommendation"], ["marts", "fct_interactions"]],
)
def product_lists(warehouse: WarehouseResource, registry: ModelRegistryResource) -> dg.MaterializeResult:
    """Lists per customer and product, shown when the recommendation service does not answer.

    What a customer did since an older champion was trained counts like what they look at in a running session.
    """
    from models import recommendation

    opened = warehouse.open()
    model, version = registry.champion(ModelName.RECOMMENDATION)
    customer_ids = opened.read("select distinct customer_id from marts.fct_interactions order by 1")["customer_id"].tolist()
    since = opened.read(
        "select customer_id, product_id from marts.fct_interactions"
        f" where interacted_at >= '{version.tags.get('training_cutoff', 'infinity')}' group by 1, 2"
        " order by 1, max(interacted_at) desc, 2"
    )
    recent = {customer: products.tolist()[:_RECENT] for customer, products in since.groupby("customer_id")["product_id"]}
    frame = recommendation.precompute_lists(model, customer_ids, k=20, recent_product_ids=recent)
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
