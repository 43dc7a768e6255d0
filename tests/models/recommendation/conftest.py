"""One shop and one model of it for the whole folder; tests only read them."""

from dataclasses import replace

import numpy as np
import pytest

from models.recommendation import RecommendationConfig, RecommendationModel, TrainingSet, train
from models.recommendation.learning import ranking_table
from models.recommendation.ranker import RankingTable, fit_lambda_rank
from models.recommendation.train import label_windows
from tests.models.recommendation.shop import make_shop

# A shop this small needs few factors; everything else is as served.
CONFIG = RecommendationConfig(factors=8, iterations=5, min_test_rows=60)


@pytest.fixture(scope="session")
def config() -> RecommendationConfig:
    return CONFIG


@pytest.fixture(scope="session")
def shop() -> TrainingSet:
    return make_shop()


@pytest.fixture(scope="session")
def model(shop: TrainingSet) -> RecommendationModel:
    return train(shop, CONFIG)


@pytest.fixture(scope="session")
def model_with_trees(shop: TrainingSet, model: RecommendationModel) -> RecommendationModel:
    """The same sources, ordered by trees; a shop this plain is as well served by the blend, so `model` may have either."""
    rng = np.random.default_rng(1)
    table = RankingTable.joined([ranking_table(window, CONFIG, rng) for window in label_windows(shop, CONFIG)])
    return replace(model, ranker=fit_lambda_rank(table, model.first_stage.columns, CONFIG))
