"""The registry against a real MLflow, started as the marketplace starts it."""

import json
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from marketplace.errors import ConflictError, InvalidInputError, ModelUnavailableError, NotFoundError
from marketplace.vocabulary import ModelName
from models.registry import Action, Alias, ModelRegistry, data_hash
from tests.serving.tiny_models import EVALUATION, UNTIL, fraud_model, log

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


@pytest.fixture(scope="module")
def logged(registry, model) -> tuple[str, str, str]:
    one, two, three = (log(registry, NAME, model) for _ in range(3))
    return one, two, three


@pytest.fixture
def three(registry, logged) -> tuple[str, str, str]:
    """Three versions of a model without any past: nobody judged them or made one champion."""
    for version in logged:
        registry._rest.set_tag(NAME, version, "verdict", "")
    for tag in [tag for tag in registry._rest.tags(NAME) if tag.startswith("champion.")]:
        registry._rest._call("DELETE", "/registered-models/delete-tag", name=NAME, key=tag)
    if registry.resolve(NAME) is not None:
        registry._rest._call("DELETE", "/registered-models/alias", name=NAME, alias=Alias.CHAMPION)
    return logged


def test_each_rollback_goes_one_step_further_back_and_the_first_champion_stays(registry, three):
    first, second, third = three
    for version in (first, second, third, third):  # promoting the champion again changes nothing
        registry.promote(NAME, version)

    assert registry.rollback(NAME).version == second
    assert registry.rollback(NAME).version == first
    with pytest.raises(ConflictError, match=f"version {first} of fraud is its first champion"):
        registry.rollback(NAME)
    assert registry.resolve(NAME).version == first


def test_rollbacks_do_not_swing_between_two_versions_that_followed_each_other_twice(registry, three):
    first, second, _ = three
    for version in (first, second, first):
        registry.promote(NAME, version)

    assert [registry.rollback(NAME).version for _ in range(2)] == [second, first]
    with pytest.raises(ConflictError):
        registry.rollback(NAME)


def test_a_promotion_after_a_rollback_starts_from_there(registry, three):
    first, second, third = three
    registry.promote(NAME, first)
    registry.promote(NAME, second)
    registry.rollback(NAME)
    registry.promote(NAME, third)

    assert registry.rollback(NAME).version == first


def test_a_champion_set_in_mlflows_own_pages_is_part_of_the_way_back(registry, three):
    first, second, third = three
    registry.promote(NAME, first)
    registry._rest.set_alias(NAME, Alias.CHAMPION, second)
    registry.promote(NAME, third)
    registry._rest.set_alias(NAME, Alias.CHAMPION, first)

    assert [registry.rollback(NAME).version for _ in range(3)] == [third, second, first]


def test_the_history_says_who_when_and_why(registry, three):
    first, second, _ = three
    before = datetime.now(UTC)
    registry.promote(NAME, first, by="ana@desk", reason="the first that beats the rules")
    registry.promote(NAME, second, by="pipeline run 7")
    registry.rollback(NAME, by="bela@desk", reason="declines honest customers")

    history = registry.history(NAME)

    assert [(move.action, move.version, move.replaced, move.by, move.reason) for move in history] == [
        (Action.PROMOTE, first, "", "ana@desk", "the first that beats the rules"),
        (Action.PROMOTE, second, first, "pipeline run 7", ""),
        (Action.ROLLBACK, first, second, "bela@desk", "declines honest customers"),
    ]
    assert before <= history[0].at <= history[1].at <= history[2].at <= datetime.now(UTC)


def test_a_refused_version_is_promoted_only_by_who_overrules_the_checks(registry, three):
    first, second, _ = three
    registry.promote(NAME, first)
    registry.judge(NAME, second, passed=False, judgement="worse than the champion by 0.2", by="pipeline run 8")

    with pytest.raises(ConflictError, match=r"was refused: worse than the champion by 0\.2"):
        registry.promote(NAME, second)
    assert registry.resolve(NAME).version == first
    refusal = registry.last_refusal(NAME)
    assert (refusal.version, refusal.reason, refusal.by) == (second, "worse than the champion by 0.2", "pipeline run 8")

    assert registry.promote(NAME, second, even_if_refused=True).version == second


def test_a_challenger_worse_than_its_baseline_leaves_a_run_and_a_reason_but_no_version(registry, model, logged):
    before = registry.versions(NAME)
    run_id = registry.log_refused(
        NAME, model, EVALUATION, reason="worse than the rules", model_card="# Bad", training_cutoff=UNTIL, by="pipeline run 9"
    )

    assert registry.versions(NAME) == before
    assert registry.last_refusal(NAME).run_id == run_id
    assert registry.last_refusal(NAME).version == ""
    assert registry._rest.metrics(run_id)["ndcg_at_10"] == 0.3


@pytest.mark.parametrize("version", ["99999", "latest", "-1", "99999999999999999999"])
def test_a_version_that_is_not_there_is_named_beside_those_that_are(registry, three, version):
    with pytest.raises(NotFoundError, match=rf"fraud has no version '{version}'; there are .*\b{three[-1]}\b"):
        registry.promote(NAME, version)


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
    with pytest.raises(NotFoundError, match="marketplace run --only unheard_of"):
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
    assert registry.fetch(version, tmp_path / "elsewhere").is_dir()
    monkeypatch.setattr(registry._rest, "files", lambda *args: [(path, size + 1) for path, size in original(*args)])

    with pytest.raises(ModelUnavailableError, match="bytes came"):
        registry.fetch(version, tmp_path)
    assert list((tmp_path / NAME).iterdir()) == []


def test_files_that_changed_in_the_store_are_not_taken_for_the_version(registry, model, tmp_path, monkeypatch):
    log(registry, NAME, model)
    version = registry.resolve(NAME, Alias.CHALLENGER)
    original = registry._rest.download

    def one_digit_differs(run_id: str, path: str, target: Path) -> int:
        size = original(run_id, path, target)
        if path.endswith("classifier.txt"):
            target.write_text(target.read_text().replace("9", "8", 1))
        return size

    monkeypatch.setattr(registry._rest, "download", one_digit_differs)
    with pytest.raises(ModelUnavailableError, match="not those that were registered"):
        registry.fetch(version, tmp_path)
    assert list((tmp_path / NAME).iterdir()) == []


def test_a_damaged_copy_is_fetched_again(registry, model, tmp_path):
    log(registry, NAME, model)
    folder = _fetched(registry, tmp_path)
    (folder / "classifier.txt").write_text("half")

    assert _fetched(registry, tmp_path) == folder
    assert (folder / "classifier.txt").read_text() != "half"


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
