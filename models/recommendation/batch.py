"""Lists made ahead of time, for the day on which the service does not answer."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import pandas as pd

from marketplace.top_lists import PLACES
from models.recommendation.listing import Recommended
from models.recommendation.model import RecommendationModel
from models.recommendation.shelves import bought_together

# Trending of the whole shop is stored under this entity.
WHOLE_SHOP = "all"


def for_you_lists(
    model: RecommendationModel,
    customer_ids: Iterable[str],
    k: int = PLACES,
    *,
    recent_product_ids: Mapping[str, Sequence[str]] | None = None,
) -> Iterator[tuple[str, list[Recommended]]]:
    """Each customer with their list, as the service would answer them: what `marketplace.top_lists` publishes.

    Args:
        recent_product_ids: by customer, what they turned to after the model was trained, newest first.
    """
    recent = recent_product_ids or {}
    customers = list(customer_ids)
    calm = [customer for customer in customers if not recent.get(customer)]
    yield from zip(calm, model.recommend_each(calm, k=k), strict=True)
    for customer in customers:
        if recent.get(customer):
            yield customer, model.recommend(customer_id=customer, recent_product_ids=recent[customer], k=k)


def precompute_lists(model: RecommendationModel, k: int = 24) -> pd.DataFrame:
    """Rows for `predictions.product_lists`: `similar` and `bought_together` per product, `trending` per category and all.

    Columns: list_name, entity_id, position (from 1), product_id, score, source, reason.
    """
    catalogue = model.catalogue
    offered = catalogue.product_ids[catalogue.is_active].tolist()
    lists: list[tuple[str, str, list[Recommended]]] = [
        ("similar", product_id, model.similar(product_id, k=k)) for product_id in offered
    ]
    lists += [("bought_together", product_id, bought_together(model, [product_id], k=k)) for product_id in offered]
    lists += [
        ("trending", category_id, model.trending(category_id, k=k))
        for category_id in catalogue.category_ids.tolist()
        if category_id
    ]
    lists.append(("trending", WHOLE_SHOP, model.trending(None, k=k)))
    return pd.DataFrame(
        [
            (name, entity, place, item.product_id, item.score, item.source, item.reason)
            for name, entity, items in lists
            for place, item in enumerate(items, start=1)
        ],
        columns=["list_name", "entity_id", "position", "product_id", "score", "source", "reason"],
    )
