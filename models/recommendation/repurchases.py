"""What is bought again: how often a product comes back, and which of their own purchases a customer may want now."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.recommendation.features import SECONDS_PER_DAY
from models.recommendation.sources import FloatTable


def repeat_rates(interactions: pd.DataFrame, product_ids: NDArray[np.str_], *, prior_buyers: float) -> FloatTable:
    """Per product the share of its buyers who bought it in more than one order: soap comes back, a wedding sign does not.

    A product of few buyers is pulled to the whole shop's share, by as much as `prior_buyers` buyers would.

    Args:
        interactions: as in a training set.
        product_ids: sorted.
    """
    bought = interactions[interactions["interaction_type"] == "purchase"]
    bought = bought[bought["product_id"].isin(product_ids)].drop_duplicates(["customer_id", "interacted_at", "product_id"])
    orders = bought.groupby(["product_id", "customer_id"], sort=True).size().reset_index(name="orders")
    products = np.searchsorted(product_ids, orders["product_id"].to_numpy(dtype=str))
    buyers = np.bincount(products, minlength=len(product_ids))
    again = np.bincount(products, weights=(orders["orders"] > 1).to_numpy(dtype=float), minlength=len(product_ids))
    usual = again.sum() / buyers.sum() if buyers.sum() else 0.0
    return np.asarray((again + prior_buyers * usual) / (buyers + prior_buyers), dtype=np.float32)


def recency_frequency(bought_at: Sequence[datetime], *, now: datetime, half_life_days: float) -> float:
    """Σ 0.5^(age / half-life) over the purchases of one product."""
    ages = [(now - at).total_seconds() / SECONDS_PER_DAY for at in bought_at]
    return float(sum(0.5 ** (age / half_life_days) for age in ages))
