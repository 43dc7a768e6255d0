"""What a model would have put on a place that was drawn at random, given what was known then."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.recommendation.model import RecommendationModel


@dataclass(frozen=True)
class Draw:
    """One place that was filled by chance: for whom, out of what, and what came.

    Attributes:
        recent_product_ids: what the session had looked at by then, newest first.
    """

    customer_id: str | None
    recent_product_ids: tuple[str, ...]
    alternatives: tuple[str, ...]
    product_id: str


def agreement(model: RecommendationModel, draws: Sequence[Draw]) -> NDArray[np.float64]:
    """Per draw 1 where the model's best among the alternatives is what came, else 0; 0 too where it knows none of them.

    This is the probability with which the model, a policy without chance, would have shown the same.
    """
    everything = frozenset(model.catalogue.product_ids.tolist())
    agrees = np.zeros(len(draws))
    for row, draw in enumerate(draws):
        best = model.recommend(
            customer_id=draw.customer_id,
            recent_product_ids=draw.recent_product_ids,
            k=1,
            exclude=everything.difference(draw.alternatives),
        )
        agrees[row] = bool(best) and best[0].product_id == draw.product_id
    return agrees
