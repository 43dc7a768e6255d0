"""The registry against a real MLflow, started as the marketplace starts it."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from marketplace.errors import ConflictError, InvalidInputError, ModelUnavailableError, NotFoundError
from marketplace.vocabulary import ModelName
from models.registry import Alias, ModelRegistry, data_hash
from tests.serving.tiny_models import UNTIL, fraud_model, log

NAME = ModelName.FRAUD


@pytest.fixture(scope="module")
def registry(mlflow_url: str) -> ModelRegistry:
    return ModelRegistry(mlflow_url)


@pytest.fixture(scope="module")
def model() -> object:
    return fraud_model()


def test_a_logged_model_is_the_challenger_with_its_figures_and_where_it_comes_from(registry, model):
    version = log(registry, NAME, model)

    challenger = registry.resolve(NAME, Alias.CHALLENGER)
    assert challenger is not None
    assert challenger.version == version
    assert challenger.tags["feature_service"] == "fraud_v1"
    assert challenger.tags["training_cutoff"] == UNTIL.isoformat()
    assert challenger.tags["row_count"] == "400"
    assert challenger.tags["task"] == "ranking"
    assert len(challenger.tags["data_hash"]) == 64
    assert challenger.tags["git_commit"]
    figures = registry.metrics(challenger)
    assert figures == {  # the baseline's NaN is left out: a store would refuse or misread it
        "ndcg_at_10": 0.3,
        "ndcg_at_10_low": 0.25,
        "ndcg_at_10_high": 0.35,
        "trending.ndcg_at_10": 0.2,
        "trending.ndcg_at_10_low": 0.15,
        "trending.ndcg_at_10_high": 0.25,
        "difference": 0.1,
        "difference_low": 0.05,
        "difference_high": 0.15,
    }


def test_a_fetched_version_loads_and_answers_like_the_model_that_was_logged(registry, model, tmp_path):
    log(registry, NAME, model)
    row = dict.fromkeys(json.loads((_fetched(registry, tmp_path) / "input_example.json").read_text()), 1.0)

    loaded = registry.load(NAME, Alias.CHALLENGER, cache_dir=tmp_path)

    assert loaded.score([row])["probability"].iloc[0] == model.score([row])["probability"].iloc[0]


def test_a_version_carries_signature_and_input_example(registry, model, tmp_path):
    from mlflow.models import Model

    log(registry, NAME, model)
    described = Model.load(str(_fetched(registry, tmp_path)))

    assert described.signature is not None
    assert "device_cards_24h" in described.signature.inputs.input_names()
    assert described.signature.outputs.input_names() == ["probability", "anomaly_score"]


def test_rollback_returns_to_the_champion_before(registry, model):
    first, second = log(registry, NAME, model), log(registry, NAME, model)
    registry.promote(NAME, first)
    registry.promote(NAME, second)
    registry.promote(NAME, second)  # promoting the champion again forgets nothing

    assert registry.rollback(NAME).version == first
    assert registry.resolve(NAME).version == first


def test_a_first_champion_cannot_be_rolled_back(registry, model):
    version = log(registry, NAME, model)
    registry._rest.set_alias(NAME, Alias.CHAMPION, version)  # as for a model's very first: nothing was replaced

    with pytest.raises(ConflictError, match="first champion"):
        registry.rollback(NAME)


def test_versions_come_newest_first_with_their_aliases(registry, model):
    first, second = log(registry, NAME, model), log(registry, NAME, model)
    registry.promote(NAME, first)

    versions = registry.versions(NAME)

    assert [version.version for version in versions[:2]] == [second, first]
    assert versions[0].aliases == (Alias.CHALLENGER,)
    assert versions[1].aliases == (Alias.CHAMPION,)


def test_a_model_that_nobody_logged_has_no_champion_and_no_versions(registry):
    assert registry.resolve("unheard_of") is None
    assert registry.versions("unheard_of") == []
    with pytest.raises(NotFoundError):
        registry.promote("unheard_of", "1")
    with pytest.raises(ConflictError, match="promote a version first"):
        registry.rollback("unheard_of")
    with pytest.raises(ModelUnavailableError, match="marketplace run"):
        registry.load("unheard_of", cache_dir=Path("/nonexistent"))


def test_a_model_of_an_unknown_name_is_not_registered(registry, model):
    with pytest.raises(InvalidInputError, match="no model is called"):
        log(registry, "frod", model)  # type: ignore[arg-type]
    assert registry.versions("frod") == []


def test_a_registry_that_is_down_says_what_to_do():
    with pytest.raises(ModelUnavailableError, match="marketplace up"):
        ModelRegistry("http://127.0.0.1:9", timeout=1.0).resolve(NAME)


def test_a_download_that_is_cut_short_leaves_nothing_behind(registry, model, tmp_path, monkeypatch):
    version = registry.resolve(NAME, Alias.CHALLENGER) or pytest.fail("no challenger")
    original = registry._rest.files
    monkeypatch.setattr(registry._rest, "files", lambda *args: [(path, size + 1) for path, size in original(*args)])

    with pytest.raises(ModelUnavailableError, match="bytes came"):
        registry.fetch(version, tmp_path)
    assert list((tmp_path / NAME).iterdir()) == []


def test_reading_the_registry_does_not_import_mlflow(mlflow_url):
    code = (
        "import sys; from models.registry import ModelRegistry;"
        f"ModelRegistry({mlflow_url!r}).resolve('fraud'); sys.exit('mlflow' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_data_hash_ignores_the_order_of_rows_and_sees_every_value():
    frame = pd.DataFrame({"id": ["a", "b"], "amount": [1.0, 2.0], "tags": [["x"], None]})

    assert data_hash(frame) == data_hash(frame.iloc[::-1])
    assert data_hash(frame) != data_hash(frame.assign(amount=[1.0, 2.5]))
    assert data_hash(frame) != data_hash(frame.rename(columns={"amount": "price"}))


def test_data_hash_reads_every_part_of_a_training_set():
    @dataclass(frozen=True)
    class TrainingSet:
        frame: pd.DataFrame
        weights: np.ndarray
        until: str

    one = TrainingSet(pd.DataFrame({"a": [1]}), np.array([1.0]), "2026-01-01")

    assert data_hash(one) == data_hash(TrainingSet(one.frame.copy(), one.weights.copy(), one.until))
    assert data_hash(one) != data_hash(TrainingSet(one.frame, np.array([2.0]), one.until))
    assert data_hash(one) != data_hash(TrainingSet(one.frame, one.weights, "2026-01-02"))


def _fetched(registry: ModelRegistry, folder: Path) -> Path:
    version = registry.resolve(NAME, Alias.CHALLENGER)
    assert version is not None
    return registry.fetch(version, folder)
