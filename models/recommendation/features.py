"""Interactions to tables of customer × product: the same weights for training, evaluation and serving."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from marketplace.vocabulary import FEATURE_SERVICES, ModelName
from models.recommendation.activity import Activity
from models.recommendation.attribute_days import AttributeDays
from models.recommendation.attributes import Attributes
from models.recommendation.config import RecommendationConfig
from models.recommendation.dataset import TrainingSet
from models.recommendation.next_days import next_days
from models.recommendation.own_past import OwnPast
from models.recommendation.shopper_kinds import ShopperKinds

# The running session's products come from here; what lies further back is in the model itself.
FEATURE_SERVICE = FEATURE_SERVICES[ModelName.RECOMMENDATION]

SECONDS_PER_DAY = 86_400


@dataclass(frozen=True)
class Histories:
    """What customers did, as sparse tables over the same rows (`customer_ids`) and columns (`product_ids`).

    Attributes:
        taste: weight of what was done × 0.5^(age / taste half-life), summed.
        recent: the same with the shorter half-life of neighbours.
        counts: how often, without decay.
        bought: 1 where ever bought.
        hidden: 1 where a list may not show it: ever bought, or seen lately.
        trend: per product, weight × 0.5^(age / trending half-life), summed over customers.
        next_days: product × product: what the same customers take on later days.
        activity: how much goes on around each.
        own_past: what each customer did with each product.
        attributes: what the listings say of themselves, where there are listings.
        attribute_days: what each customer's days had to do with, over the codes of `attributes`.
        shopper_kinds: what kinds of customers take within the categories of `attributes`.
    """

    customer_ids: NDArray[np.str_]
    product_ids: NDArray[np.str_]
    taste: sparse.csr_matrix
    recent: sparse.csr_matrix
    counts: sparse.csr_matrix
    bought: sparse.csr_matrix
    hidden: sparse.csr_matrix
    trend: NDArray[np.float32]
    next_days: sparse.csr_matrix
    activity: Activity
    own_past: OwnPast
    attributes: Attributes | None
    attribute_days: AttributeDays | None
    shopper_kinds: ShopperKinds | None


def interaction_weights(types: pd.Series, config: RecommendationConfig) -> NDArray[np.float64]:
    """How much each interaction says about taste."""
    weights = {"view": config.view_weight, "cart": config.cart_weight, "purchase": config.purchase_weight}
    return np.asarray(types.map(weights).fillna(0.0), dtype=np.float64)


def build_histories(training_set: TrainingSet, config: RecommendationConfig) -> Histories:
    """The tables as of the training set's last instant; the order of its rows does not matter."""
    product_ids = np.unique(training_set.products["product_id"].to_numpy(dtype=str))
    rows = training_set.interactions
    rows = rows[rows["product_id"].isin(product_ids)]
    # Sums of floats depend on their order: a fixed one makes two runs equal to the last bit.
    rows = rows.sort_values(["interacted_at", "customer_id", "product_id", "interaction_type"], kind="stable")
    customer_ids = np.unique(rows["customer_id"].to_numpy(dtype=str))
    customers = np.searchsorted(customer_ids, rows["customer_id"].to_numpy(dtype=str))
    products = np.searchsorted(product_ids, rows["product_id"].to_numpy(dtype=str))
    age_days = (training_set.as_of - rows["interacted_at"]).dt.total_seconds().to_numpy() / SECONDS_PER_DAY
    weights = interaction_weights(rows["interaction_type"], config)
    is_purchase = (rows["interaction_type"] == "purchase").to_numpy()
    listings = training_set.products.drop_duplicates("product_id").set_index("product_id").loc[product_ids]
    return tabulate(
        customers,
        products,
        weights,
        age_days,
        is_purchase,
        customer_ids=customer_ids,
        product_ids=product_ids,
        config=config,
        attributes=Attributes.of(listings),
    )


def tabulate(
    customers: NDArray[np.integer],
    products: NDArray[np.integer],
    weights: NDArray[np.floating],
    age_days: NDArray[np.floating],
    is_purchase: NDArray[np.bool_],
    *,
    customer_ids: NDArray[np.str_],
    product_ids: NDArray[np.str_],
    config: RecommendationConfig,
    attributes: Attributes | None = None,
) -> Histories:
    """The tables of interactions given as flat arrays, one entry each; equal order gives equal sums.

    Args:
        customers, products: positions in `customer_ids` and `product_ids`.
        age_days: days until the last instant known.
    """

    def table(values: NDArray[np.floating]) -> sparse.csr_matrix:
        kept = values > 0
        shape = (len(customer_ids), len(product_ids))
        made = sparse.csr_matrix((values[kept], (customers[kept], products[kept])), shape=shape)
        made.sum_duplicates()
        return made.astype(np.float32)

    def decayed(half_life_days: float) -> NDArray[np.floating]:
        return np.asarray(weights * 0.5 ** (age_days / half_life_days))

    own_past = OwnPast.of(customers, products, age_days, (len(customer_ids), len(product_ids)))
    attribute_days = AttributeDays.of(customers, products, age_days, attributes.codes, own_past.visits) if attributes else None
    is_hidden = is_purchase | (age_days <= config.seen_days)
    bought = table(is_purchase.astype(np.float32)).sign().tocsr()
    # Where everything was bought, both are one table.
    is_one = np.array_equal(is_hidden, is_purchase)
    counts, taste = table(np.ones(len(customers))), table(decayed(config.taste_half_life_days))
    shopper_kinds = ShopperKinds.fit(taste, attributes.codes[:, 0], config.shopper_kinds, config.seed) if attributes else None
    return Histories(
        customer_ids=customer_ids,
        product_ids=product_ids,
        taste=taste,
        recent=table(decayed(config.neighbour_half_life_days)),
        counts=counts,
        bought=bought,
        hidden=bought if is_one else table(is_hidden.astype(np.float32)).sign().tocsr(),
        trend=np.bincount(products, weights=decayed(config.trending_half_life_days), minlength=len(product_ids)).astype(
            np.float32
        ),
        next_days=next_days(customers, products, age_days, len(product_ids)),
        activity=Activity.of(customers, products, weights, age_days, counts, taste),
        own_past=own_past,
        attributes=attributes,
        attribute_days=attribute_days,
        shopper_kinds=shopper_kinds,
    )
