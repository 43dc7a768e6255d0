"""Products that nobody had touched are shown, to those whose taste they are near to, and lists stay wide and different."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from benchmarks._simulated_shop import simulated
from models.evaluation import Evaluation
from models.recommendation import RecommendationConfig, RecommendationModel, TrainingSet, evaluate, train
from models.recommendation.activity import PRODUCT_FIGURES, Activity
from models.recommendation.candidates import Candidates, first_places
from models.recommendation.config import SourceName
from models.recommendation.newcomers import is_newcomer, with_newcomer
from tests.models.recommendation.shop import make_product


@pytest.fixture(scope="module")
def simulation() -> Evaluation:
    """Judged on a simulated shop, a twentieth of whose products is listed in its last week."""
    shop = simulated(1000, 45, 7, datetime(2026, 11, 1, tzinfo=UTC))
    return evaluate(shop, RecommendationConfig(factors=16, iterations=5, n_estimators=60, ranker_windows=2))


def test_products_nobody_had_touched_are_found_on_the_simulation(simulation: Evaluation) -> None:
    untouched = simulation.slices["products nobody had touched"]
    assert untouched["customers"].value >= 5
    assert untouched["recall_at_10"].value > 0
    assert untouched["trending_ndcg_at_10"].value == 0


def test_lists_of_the_simulation_are_wide_and_differ(simulation: Evaluation) -> None:
    served = simulation.served
    assert served is not None
    assert served.metrics["coverage_at_10"].value >= 0.15
    assert served.metrics["personalisation_at_10"].value >= 0.5


def test_a_product_listed_last_has_a_place_with_whom_its_category_is_liked(
    shop: TrainingSet, config: RecommendationConfig
) -> None:
    new = make_product(900, listed_at=shop.until)
    listed = replace(shop, products=shop.products._append(new, ignore_index=True))
    model: RecommendationModel = train(listed, config)
    lists = {
        customer: model.recommend(customer_id=customer, k=10) for customer in ("u000", "u005", "u010", "u015", "u020", "u025")
    }
    shown = [item for items in lists.values() for item in items if item.product_id == new["product_id"]]
    assert shown
    assert {item.source for item in shown} == {"content"}
    assert all("Similar to" in item.reason for item in shown)


def test_what_was_listed_long_ago_or_is_known_is_no_newcomer() -> None:
    figures = np.zeros((5, len(PRODUCT_FIGURES)), dtype=np.float32)
    figures[1, PRODUCT_FIGURES.index("product_customers")] = 10
    activity = Activity(figures, np.zeros((1, 1), dtype=np.float32))
    listed_days = np.array([3, 3, 28, np.nan, -1], dtype=np.float32)
    assert is_newcomer(activity, listed_days, np.arange(5)).tolist() == [True, False, False, False, True]


def test_a_newcomer_takes_the_tenth_place_and_only_near_to_taste() -> None:
    products = np.tile(np.arange(14), 2)
    rows = np.repeat([0, 1], 14)
    content = np.full(28, np.nan, dtype=np.float32)
    content[[12, 13, 27]] = (0.5, 1, 0.4)
    ranks = np.full(28, np.nan, dtype=np.float32)
    ranks[[12, 13, 27]] = (2, 1, 21)
    candidates = Candidates(rows, products, {SourceName.CONTENT: content}, {SourceName.CONTENT: ranks})
    scores = np.tile(np.arange(14, 0, -1, dtype=np.float32), 2)
    found = first_places(rows, products, with_newcomer(scores, candidates, products >= 12), 2, 11)
    assert found.tolist() == [[*range(9), 13, 9], list(range(11))]
