"""One shop and one model of it for the whole folder; tests only read them."""

import pytest

from models.recommendation import RecommendationConfig, RecommendationModel, TrainingSet, train
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
