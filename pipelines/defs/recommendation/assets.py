"""The recommendation family, then its precomputed lists."""

import dagster as dg

from marketplace import top_lists
from marketplace.settings import load_settings
from marketplace.vocabulary import ModelName
from pipelines.defs.model_family import model_family
from pipelines.resources.model_registry import ModelRegistryResource
from pipelines.resources.warehouse import WarehouseResource

# How much of what a customer did after an older champion was trained counts, as a running session does.
_RECENT = 20


@dg.asset(
    key=["predictions", "product_lists"],
    group_name="recommendation",
    deps=[["champions", "recommendation"], ["marts", "fct_interactions"], ["marts", "dim_customers"]],
)
def product_lists(warehouse: WarehouseResource, registry: ModelRegistryResource) -> dg.MaterializeResult:
    """Lists shown when the recommendation service does not answer: those of products and categories as rows, those of
    customers as arrays that the storefront maps into memory.

    Who wants no personal shelves has no list.
    What a customer did since an older champion was trained counts like what they look at in a running session.
    """
    from models import recommendation

    opened = warehouse.open()
    model, version = registry.champion(ModelName.RECOMMENDATION)
    customer_ids = opened.read(
        "select distinct customer_id from marts.fct_interactions where customer_id not in"
        " (select customer_id from marts.dim_customers where not wants_personalisation) order by 1"
    )["customer_id"].tolist()
    since = opened.read(
        "select customer_id, product_id from marts.fct_interactions"
        f" where interacted_at >= '{version.tags.get('training_cutoff', 'infinity')}' group by 1, 2"
        " order by 1, max(interacted_at) desc, 2"
    )
    recent = {customer: products.tolist()[:_RECENT] for customer, products in since.groupby("customer_id")["product_id"]}
    model_name, model_version = ModelName.RECOMMENDATION.value, str(version.version)
    computed_at = warehouse.data_until()
    published = top_lists.publish(
        top_lists.folder_of(load_settings().state_dir, ModelName.RECOMMENDATION),
        recommendation.for_you_lists(model, customer_ids, recent_product_ids=recent),
        model=model_name,
        version=model_version,
        computed_at=computed_at.isoformat(),
    )
    frame = recommendation.precompute_lists(model, k=20).assign(
        model_name=model_name, model_version=model_version, computed_at=computed_at
    )
    rows = opened.write(frame, "predictions", "product_lists", replace_where="true")
    return dg.MaterializeResult(metadata={"rows": rows, "customers": len(customer_ids), "published": published})


ASSETS = [
    *model_family(ModelName.RECOMMENDATION, deps=[["marts", "fct_interactions"], ["marts", "dim_products"]]),
    product_lists,
]
