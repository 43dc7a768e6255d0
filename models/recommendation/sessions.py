"""What the running session adds: the last new product of a customer's day, foretold with and without the ones before it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.evaluation import Metric
from models.metrics.bootstrap import bootstrap_interval, paired_bootstrap
from models.recommendation.listing import Recommended
from models.recommendation.model import RecommendationModel

_FEWEST = 30
_MOST = 400
# As many as the feature store keeps of a session.
_RECENT = 20


@dataclass(frozen=True)
class SessionCase:
    """Products of one day, newest first, and the product that came next."""

    customer_id: str
    recent_product_ids: tuple[str, ...]
    target: str


def session_cases(model: RecommendationModel, later: pd.DataFrame, *, seed: int) -> list[SessionCase]:
    """Days in `later` with three products or more whose last one the model could have shown; at most 400, drawn at random.

    A customer's UTC day stands for a session, since interactions carry none.
    """
    days = later.assign(day=later["interacted_at"].dt.floor("D")).sort_values(["interacted_at", "customer_id", "product_id"])
    days = days.drop_duplicates(["customer_id", "day", "product_id"])
    cases = []
    for (customer_id, _), touched in days.groupby(["customer_id", "day"], sort=True)["product_id"]:
        *before, target = touched.tolist()
        if len(before) >= 2 and model.could_show(str(customer_id), target):
            cases.append(SessionCase(str(customer_id), tuple(before[::-1][:_RECENT]), target))
    drawn = np.random.default_rng(seed).permutation(len(cases))[:_MOST]
    return [cases[position] for position in sorted(drawn.tolist())]


def session_slice(model: RecommendationModel, later: pd.DataFrame, *, seed: int) -> dict[str, Metric]:
    """NDCG@10 of the next product, with the session, without it, and the difference; empty with too few sessions."""
    cases = session_cases(model, later, seed=seed)
    if len(cases) < _FEWEST:
        return {}
    told, untold = np.zeros(len(cases)), np.zeros(len(cases))
    for row, case in enumerate(cases):
        told[row] = _gain(
            model.recommend(customer_id=case.customer_id, recent_product_ids=case.recent_product_ids, k=10), case.target
        )
        untold[row] = _gain(model.recommend(customer_id=case.customer_id, k=10, exclude=case.recent_product_ids), case.target)
    return {
        "sessions": Metric(float(len(cases))),
        "ndcg_at_10": bootstrap_interval(told, seed=seed),
        "without_session_ndcg_at_10": bootstrap_interval(untold, seed=seed),
        "difference": paired_bootstrap(told, untold, seed=seed),
    }


def _gain(listed: list[Recommended], target: str) -> float:
    """NDCG with a single target: 1/log2(place + 1)."""
    places = [place for place, item in enumerate(listed, start=1) if item.product_id == target]
    return float(1 / np.log2(places[0] + 1)) if places else 0.0
