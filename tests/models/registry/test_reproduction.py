"""Every family's version, trained again from its snapshot: the same files, figures and scores; and a changed one is told."""

from dataclasses import replace
from functools import cache
from importlib import import_module
from typing import Any

import pytest

from marketplace.errors import ConflictError
from marketplace.vocabulary import ModelName
from models import outlook
from models.registry import Alias, ModelRegistry, data_hash
from models.registry.reproduction import register_again, reproduce
from models.registry.snapshot import as_stored, read_snapshot, write_snapshot
from tests.models.fraud import factories as fraud_rows
from tests.models.outlook.shoppers import make_shoppers
from tests.models.recommendation.shop import make_shop
from tests.models.review_sentiment.test_model import UNTIL, reviews
from tests.models.seller_analytics.days import make_market
from tests.models.tagging.factories import make_set
from tests.serving.tiny_models import fraud_model, log


@cache
def made(name: ModelName) -> tuple[Any, Any]:
    """A small training set and a configuration that trains on it in a second or two."""
    package = import_module(f"models.{name}")
    if name is ModelName.FRAUD:
        history = fraud_rows.make_history(customers=120, days=80, rings=15)
        frame = package.build_training_set(*history, fraud_rows.retrieve, until=fraud_rows.NOON)
        training_set = package.TrainingSet(frame, fraud_rows.NOON)
        return training_set, package.FraudConfig(num_boost_round=20, n_estimators=20, test_windows=2)
    if name is ModelName.RECOMMENDATION:
        return make_shop(customers=80, days=60), package.RecommendationConfig(factors=8, iterations=3, weight_steps=(0.0, 1.0))
    if name is ModelName.TAGGING:
        return make_set(), package.TaggingConfig()
    if name is ModelName.OUTLOOK:
        return make_shoppers(customers=150), package.OutlookConfig()
    if name is ModelName.REVIEW_SENTIMENT:
        return package.TrainingSet(reviews(), UNTIL), package.ReviewSentimentConfig()
    return make_market(sellers=8), package.SellerAnalyticsConfig()


def logged(registry: ModelRegistry, name: ModelName, model_config: Any = None) -> str:
    """The version of a model trained by `model_config`, its snapshot naming the ordinary one."""
    package = import_module(f"models.{name}")
    training_set, config = made(name)
    training_set = as_stored(training_set, config)
    return registry.log_challenger(
        name,
        package.train(training_set, model_config or config),
        package.evaluate(training_set, config),
        model_card="# Small",
        feature_service="none",
        training_cutoff=fraud_rows.NOON,
        data_hash=data_hash(training_set),
        row_count=1,
        config=config,
        training_set=training_set,
    )


@pytest.fixture(scope="module")
def registry(mlflow_url: str) -> ModelRegistry:
    return ModelRegistry(mlflow_url)


@pytest.mark.parametrize("name", list(ModelName))
def test_a_training_set_comes_back_from_its_files_as_it_was(name, tmp_path) -> None:
    training_set, config = made(name)
    write_snapshot(tmp_path, training_set, config)

    again, same_config = read_snapshot(tmp_path)

    assert type(again) is type(training_set)
    assert same_config == config
    assert data_hash(as_stored(again, config)) == data_hash(again)
    assert again.until == training_set.until


@pytest.mark.parametrize("name", list(ModelName))
def test_a_version_trained_again_is_the_same_to_the_bit(registry, tmp_path, name) -> None:
    version = logged(registry, name)

    found = reproduce(registry, name, version)

    assert found.differences == ()
    assert found.surroundings == ()
    assert found.figure_count >= 3
    assert found.file_count >= 1
    registered = registry.load_version(registry.version(name, version), cache_dir=tmp_path)
    assert scores(name, found.model) == scores(name, registered)


def scores(name: ModelName, model: Any) -> list[Any]:
    """What the model says of rows of its training set, to the last bit."""
    training_set, _ = made(name)
    if name is ModelName.FRAUD:
        return list(model.score(training_set.frame).to_numpy().tobytes())
    if name is ModelName.RECOMMENDATION:
        asked = training_set.interactions["customer_id"].unique()[:40]
        return [model.recommend(customer_id=one, recent_product_ids=[], k=10, exclude=frozenset()) for one in asked]
    if name is ModelName.TAGGING:
        return list(model.tag(training_set.products["title"].tolist(), training_set.products["description"].tolist()))
    if name is ModelName.OUTLOOK:
        return list(outlook.customer_frame(model, training_set)["expected_minor"])
    if name is ModelName.REVIEW_SENTIMENT:
        return list(model.probabilities(training_set.reviews["text"].tolist()).tobytes())
    return [model.forecast(seller, 14) for seller in training_set.seller_days["seller_id"].unique()]


def test_another_model_than_the_snapshot_gives_is_named_by_its_files_and_a_missing_figure_by_its_name(registry) -> None:
    name = ModelName.FRAUD
    _, config = made(name)
    version = logged(registry, name, replace(config, seed=8))
    registered = registry.version(name, version)
    registry._rest._call(
        "POST", "/runs/log-metric", run_id=registered.run_id, key="average_precision", value=0.123, timestamp=1, step=1
    )

    found = reproduce(registry, name, version)

    assert not found.is_equal
    differing = {difference.what: difference.then for difference in found.differences}
    assert {"file classifier.txt", "file anomaly.npz", "average_precision"} <= set(differing)
    assert differing["average_precision"] == "0.123"
    assert "training set" not in differing
    assert found.to_json()["is_equal"] is False


def test_a_reproduction_can_be_registered_and_reproduced_from_the_same_rows(registry) -> None:
    name = ModelName.TAGGING
    old = logged(registry, name)

    new = registry.version(name, register_again(registry, reproduce(registry, name, old)))

    assert new.tags["retrained_from"] == old
    assert new.tags["snapshot"] == registry.version(name, old).tags["snapshot"]
    assert registry.resolve(name, Alias.CHALLENGER).version == new.version
    assert reproduce(registry, name, new.version).is_equal


def test_a_version_without_a_snapshot_says_so(registry) -> None:
    version = log(registry, ModelName.FRAUD, fraud_model())

    with pytest.raises(ConflictError, match="registered without its training set"):
        reproduce(registry, ModelName.FRAUD, version)
