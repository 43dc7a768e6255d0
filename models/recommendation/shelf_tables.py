"""What the shelves beside "for you" need to know: pairs of baskets, what is bought again, whose product is whose."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.recommendation.baskets import BasketPairs, fit_basket_pairs
from models.recommendation.config import RecommendationConfig
from models.recommendation.dataset import TrainingSet
from models.recommendation.repurchases import repeat_rates
from models.recommendation.sources import FloatTable


@dataclass(frozen=True)
class ShelfTables:
    """Tables over one order of products.

    Attributes:
        repeat_rates: per product the share of its buyers who bought it again.
        seller_of: each product's seller.
    """

    baskets: BasketPairs
    repeat_rates: FloatTable
    seller_of: NDArray[np.str_]

    def arrays(self) -> dict[str, Any]:
        """What `from_arrays` reads again."""
        return {
            "basket_order_counts": self.baskets.order_counts,
            "basket_lifts": self.baskets.lifts,
            "repeat_rates": self.repeat_rates,
            "seller_of": self.seller_of,
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Any]) -> "ShelfTables":
        """The tables that `arrays` named."""
        return cls(
            baskets=BasketPairs(arrays["basket_order_counts"], arrays["basket_lifts"]),
            repeat_rates=arrays["repeat_rates"],
            seller_of=arrays["seller_of"],
        )


def fit_shelf_tables(training_set: TrainingSet, product_ids: NDArray[np.str_], config: RecommendationConfig) -> ShelfTables:
    """The tables of a training set; `product_ids` are sorted."""
    interactions = training_set.interactions
    sellers = training_set.products.drop_duplicates("product_id").set_index("product_id")["seller_id"]
    return ShelfTables(
        baskets=fit_basket_pairs(interactions, product_ids, min_orders=config.min_basket_orders),
        repeat_rates=repeat_rates(interactions, product_ids, prior_buyers=config.repeat_prior_buyers),
        seller_of=sellers.loc[product_ids].fillna("").to_numpy(dtype=str),
    )
