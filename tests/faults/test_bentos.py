"""Every service built as its own bento, run by `bentoml serve`, and asked with its champion from a real registry."""

import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from marketplace.contracts.champion import ChampionStatus
from marketplace.contracts.fraud import FraudScoreResponse
from marketplace.contracts.recommendation import RecommendationResponse
from marketplace.contracts.seller_analytics import ForecastResponse
from marketplace.contracts.tagging import TagResponse
from marketplace.vocabulary import SERVED_MODELS, ModelName
from models.registry import ModelRegistry
from tests.serving.test_bentos import FOREIGN, build_bento, served_bento
from tests.serving.test_host import ATTEMPT
from tests.serving.tiny_models import MODELS, publish

pytestmark = pytest.mark.faults

ASKED: dict[ModelName, tuple[str, dict[str, Any], Any]] = {
    ModelName.RECOMMENDATION: ("recommend", {"customer_id": "customer-1", "k": 5}, RecommendationResponse),
    ModelName.FRAUD: ("score", ATTEMPT, FraudScoreResponse),
    ModelName.TAGGING: ("tag", {"title": "Green ceramic mug"}, TagResponse),
    ModelName.SELLER_ANALYTICS: ("forecast", {"seller_id": "seller-1"}, ForecastResponse),
}


@pytest.mark.parametrize("name", SERVED_MODELS)
def test_a_bento_holds_only_its_own_and_answers_its_contract_by_its_champion(name: ModelName, mlflow_url: str, tmp_path: Path):
    version = publish(ModelRegistry(mlflow_url), name, MODELS[name]())
    home = tmp_path / "bentos"
    home.mkdir()
    sources = build_bento(name, home) / "src"
    assert {path.name for path in sources.iterdir() if path.is_dir()}.isdisjoint(FOREIGN)
    assert {path.name for path in (sources / "serving").iterdir() if path.is_dir()} == {name.value}
    assert not {other.value for other in ModelName if other is not name} & {path.name for path in (sources / "models").iterdir()}

    path, body, contract = ASKED[name]
    state_dir = tmp_path / "state"
    state_dir.mkdir()
    with served_bento(name, home, state_dir, mlflow_port=urlsplit(mlflow_url).port or 0) as url:
        assert warm_version(url) == version
        answer = contract.model_validate(httpx.post(f"{url}/{path}", json=body, timeout=10).raise_for_status().json())

    assert (answer.model, answer.version) == (name, version)


def warm_version(url: str) -> str | None:
    """The version at work, as soon as there is one: a busy registry may not answer the first look."""
    deadline = time.monotonic() + 60
    while True:
        status = ChampionStatus.model_validate(httpx.post(f"{url}/champion", json={}, timeout=10).raise_for_status().json())
        if status.version is not None:
            return status.version
        assert time.monotonic() < deadline, status.problem
        time.sleep(0.5)
