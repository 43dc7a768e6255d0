"""The shop's own visits, as the session model learns from them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.recommendation.dataset import TrainingSet
from models.recommendation.session_neighbours import Sessions


def shop_sessions(training_set: TrainingSet, product_ids: NDArray[np.str_]) -> Sessions:
    """What was looked at in each visit, oldest click first; the visit that ended first stands first.

    Where no visits are recorded, what a customer did on one UTC day stands for one. The order of rows does not matter.

    Args:
        product_ids: sorted; other products are left out.
    """
    clicks = _visits(training_set)
    clicks = clicks[clicks["product_id"].isin(product_ids)]
    clicks = clicks.assign(ended_at=clicks.groupby("session_id")["clicked_at"].transform("max"))
    clicks = clicks.sort_values(["ended_at", "session_id", "clicked_at", "product_id"], kind="stable")
    starts = np.flatnonzero((clicks["session_id"] != clicks["session_id"].shift()).to_numpy())
    products = np.searchsorted(product_ids, clicks["product_id"].to_numpy(dtype=str))
    return Sessions(products.astype(np.int32), np.append(starts, len(clicks)).astype(np.int64))


def _visits(training_set: TrainingSet) -> pd.DataFrame:
    """session_id, product_id, clicked_at."""
    if len(training_set.views):
        return training_set.views.rename(columns={"viewed_at": "clicked_at"})
    taken = training_set.interactions
    day = taken["customer_id"].astype(str) + " " + taken["interacted_at"].dt.strftime("%Y-%m-%d")
    return pd.DataFrame({"session_id": day, "product_id": taken["product_id"], "clicked_at": taken["interacted_at"]})
