"""The four services over HTTP: their contracts, their start and stop, and versions changing under load."""

import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from marketplace import fraud_rules
from marketplace.contracts.champion import ChampionStatus
from marketplace.contracts.fraud import FraudScoreResponse
from marketplace.contracts.recommendation import RecommendationResponse
from marketplace.contracts.seller_analytics import ForecastResponse
from marketplace.contracts.tagging import TagManyResponse, TagResponse
from marketplace.vocabulary import SERVED_MODELS, ModelName
from models.registry import ModelRegistry
from tests.load import Call, Load
from tests.serving.conftest import Host, running_host
from tests.serving.tiny_models import fraud_model, log, recommendation_model

ATTEMPT: dict[str, Any] = {
    "payment_attempt_id": "attempt-1",
    "customer_id": "customer-1",
    "device_id": "device-1",
    "amount_minor": 50_000,
    "currency": "BDT",
    "attempted_at": "2026-06-01T10:00:00Z",
    "signed_up_at": "2025-06-01T10:00:00Z",
    "item_count": 2,
}
NO_MLFLOW = "http://127.0.0.1:9"


# --- contracts


def test_recommendations_are_distinct_named_and_reasoned(host, published):
    body = {"customer_id": "customer-1", "k": 5, "exclude_product_ids": ["product-3"]}
    answer = RecommendationResponse.model_validate(host.post("recommendation", "/recommend", **body).raise_for_status().json())

    product_ids = [item.product_id for item in answer.items]
    assert 0 < len(product_ids) <= 5
    assert len(set(product_ids)) == len(product_ids)
    assert "product-3" not in product_ids
    assert all(item.reason and item.source for item in answer.items)
    assert (answer.model, answer.version, answer.is_degraded) == ("recommendation", published["recommendation"], False)


def test_an_unknown_visitor_gets_what_is_trending(host):
    answer = host.post("recommendation", "/recommend", customer_id=None, k=3).raise_for_status().json()

    assert [item["source"] for item in answer["items"]] == ["trending"] * 3


def test_a_session_whose_features_cannot_be_read_degrades_the_answer_and_does_not_fail_it(host):
    answer = host.post("recommendation", "/recommend", session_id="session-1", k=3).raise_for_status().json()

    assert answer["is_degraded"]
    assert len(answer["items"]) == 3


def test_the_challenger_answers_who_asks_for_it_and_the_champion_while_there_is_none(host, registry, published):
    def ask(variant):
        answer = host.post("recommendation", "/recommend", customer_id="customer-1", k=3, variant=variant)
        return RecommendationResponse.model_validate(answer.raise_for_status().json())

    champion = published["recommendation"]
    alone = ask("challenger")
    assert (alone.variant, alone.version) == ("champion", champion)

    challenger = log(registry, ModelName.RECOMMENDATION, recommendation_model(seed=8))
    host.wait_for_version(
        "recommendation", challenger, lambda: host.post("recommendation", "/recommend", k=3, variant="challenger")
    )
    assert (ask("challenger").variant, ask("challenger").version) == ("challenger", challenger)
    assert (ask("champion").variant, ask("champion").version) == ("champion", champion)

    registry.judge(ModelName.RECOMMENDATION, challenger, passed=False, judgement="worse")
    host.wait_for_version(
        "recommendation", champion, lambda: host.post("recommendation", "/recommend", k=3, variant="challenger")
    )
    assert ask("challenger").variant == "champion"


def test_similar_and_trending_answer_their_contracts(host):
    similar = RecommendationResponse.model_validate(host.post("recommendation", "/similar", product_id="product-1", k=4).json())
    trending = RecommendationResponse.model_validate(
        host.post("recommendation", "/trending", category_id="category-1", k=4).json()
    )

    assert similar.items
    assert "product-1" not in {item.product_id for item in similar.items}
    assert {int(item.product_id.removeprefix("product-")) % 2 for item in trending.items} == {1}


def test_the_shelves_beside_for_you_answer_their_contract(host, published):
    def ask(path: str, **body: Any) -> RecommendationResponse:
        answer = RecommendationResponse.model_validate(host.post("recommendation", path, **body).raise_for_status().json())
        assert (answer.model, answer.version) == ("recommendation", published["recommendation"])
        return answer

    together = ask("/bought_together", product_ids=["product-1"], k=4)
    assert "product-1" not in {item.product_id for item in together.items}
    purchases = [{"product_id": f"product-{number}", "bought_at": f"2026-0{number}-01T10:00:00Z"} for number in (2, 4)]
    again = ask("/buy_again", purchases=purchases, exclude_product_ids=["product-9"])
    assert [(item.product_id, item.reason) for item in again.items] == [
        ("product-4", "You bought it in April 2026"),
        ("product-2", "You bought it in February 2026"),
    ]
    listings = [{"product_id": f"new-{number}", "seller_id": f"seller-{number}"} for number in range(3)]
    fresh = ask("/new_from_sellers", customer_id="customer-1", listings=listings)
    assert [item.product_id for item in fresh.items] == ["new-1"]
    assert ask("/new_from_sellers", customer_id="nobody", listings=listings).items == []


def test_a_usual_attempt_is_scored_with_its_features_and_the_rules_version(host, published):
    answer = FraudScoreResponse.model_validate(host.post("fraud", "/score", **ATTEMPT).raise_for_status().json())

    assert (answer.model, answer.version) == ("fraud", published["fraud"])
    assert answer.payment_attempt_id == "attempt-1"
    assert answer.rules_version == fraud_rules.RULES_VERSION
    assert answer.features["account_age_hours"] == 365 * 24
    assert answer.features["item_count"] == 2
    assert answer.is_degraded  # no feature store runs here: stored features are unknown, request and velocity are not
    assert answer.features["order_count_total"] is None


def test_a_suspicious_attempt_is_likelier_fraud_and_says_why(host):
    usual = host.post("fraud", "/score", **ATTEMPT).json()
    velocity = {"device_cards_24h": 4, "device_customers_24h": 3, "device_attempts_24h": 6}
    far = {"ip_latitude": 51.5, "ip_longitude": -0.1, "shipping_latitude": 23.8, "shipping_longitude": 90.4}
    suspicious = host.post("fraud", "/score", **ATTEMPT, **far, velocity=velocity).json()

    assert suspicious["probability"] > usual["probability"]
    assert suspicious["score"] >= usual["score"]
    assert suspicious["features"]["rule_points"] == 3 * 25 + 4 * 20 + 20
    by_model = [reason for reason in suspicious["reasons"] if reason["kind"] == "model"]
    assert any(reason["feature"] == "device_cards_24h" and reason["contribution"] > 0 for reason in by_model)


def test_the_challenger_judges_decided_attempts_on_the_features_of_their_decisions(host, registry, published):
    scored = host.post("fraud", "/score", **ATTEMPT).json()
    decided = {"payment_attempt_id": "attempt-1", "amount_minor": ATTEMPT["amount_minor"], "features": scored["features"]}
    assert host.post("fraud", "/shadow", attempts=[decided]).json() == {"version": None, "features": [], "decisions": []}

    challenger = log(registry, ModelName.FRAUD, fraud_model())
    host.wait_for_version("fraud", challenger, lambda: host.post("fraud", "/shadow"))
    other = decided | {"payment_attempt_id": "of other code", "features": {"unheard_of": 1.0}}
    said = host.post("fraud", "/shadow", attempts=[decided, other]).raise_for_status().json()
    (one,) = said["decisions"]
    assert (said["version"], one["payment_attempt_id"]) == (challenger, "attempt-1")
    # the same recipe on the same rows is the same model
    assert {name: one[name] for name in ("probability", "score", "decision")}.items() <= scored.items()
    assert host.post("fraud", "/score", **ATTEMPT).json()["version"] == published["fraud"]
    registry.judge(ModelName.FRAUD, challenger, passed=False, judgement="worse")


def test_the_same_attempt_is_scored_the_same_twice(host):
    first, second = (host.post("fraud", "/score", **ATTEMPT).json() for _ in range(2))

    assert {**first, "decided_at": None} == {**second, "decided_at": None}


def test_a_listing_is_tagged_with_evidence(host, published):
    answer = TagResponse.model_validate(host.post("tagging", "/tag", title="Green ceramic mug").raise_for_status().json())

    assert answer.version == published["tagging"]
    assert answer.categories[0].category_id == "mug"
    assert any(found.attribute == "colour" and found.value == "green" for found in answer.attributes)


def test_many_listings_are_tagged_in_one_call_as_each_alone(host):
    titles = ["Green ceramic mug", "সবুজ ব্যাগ"]
    listings = [{"title": title} for title in titles]
    together = TagManyResponse.model_validate(host.post("tagging", "/tag_many", listings=listings).raise_for_status().json())
    for title, tags in zip(titles, together.listings, strict=True):
        alone = TagResponse.model_validate(host.post("tagging", "/tag", title=title).raise_for_status().json())
        assert [found.value for found in tags.attributes] == [found.value for found in alone.attributes]
        assert [category.category_id for category in tags.categories] == [category.category_id for category in alone.categories]


@pytest.mark.parametrize("name", SERVED_MODELS)
def test_a_service_says_which_version_is_at_work_and_that_nothing_is_wrong(host, published, name):
    status = ChampionStatus.model_validate(host.post(name, "/champion").raise_for_status().json())

    assert (status.model, status.version, status.problem) == (name, published[name], None)
    assert status.loaded_at is not None
    assert status.looked_at is not None


def test_a_seller_with_sales_gets_a_forecast_and_one_without_an_honest_blank(host, published):
    known = ForecastResponse.model_validate(host.post("seller_analytics", "/forecast", seller_id="seller-1").json())
    unknown = ForecastResponse.model_validate(host.post("seller_analytics", "/forecast", seller_id="nobody").json())

    assert known.version == published["seller_analytics"]
    assert known.status == "ok"
    assert len(known.days) == 28
    assert all(day.low_95 <= day.low_80 <= day.revenue_minor <= day.high_80 <= day.high_95 for day in known.days)
    assert (unknown.status, unknown.days) == ("not_enough_data", [])
    assert unknown.message


@pytest.mark.parametrize(
    ("name", "path", "body"),
    [
        ("fraud", "/score", {"payment_attempt_id": "attempt-1"}),
        ("fraud", "/score", {**ATTEMPT, "shoe_size": 43}),
        ("recommendation", "/recommend", {"k": 0}),
        ("tagging", "/tag", {"title": ""}),
        ("seller_analytics", "/forecast", {"seller_id": "seller-1", "horizon_days": 1000}),
    ],
)
def test_a_body_outside_the_contract_is_refused_with_the_field_and_without_its_value_in_the_log(host, name, path, body):
    answer = host.post(name, path, **body)

    assert answer.status_code == httpx.codes.BAD_REQUEST
    assert answer.json()["detail"][0]["loc"]
    assert "Traceback" not in host.log


def test_no_customer_data_is_logged(host):
    host.post("fraud", "/score", **{**ATTEMPT, "customer_id": "secret-customer"})
    host.post("fraud", "/score", **{**ATTEMPT, "customer_id": {"nested": "secret-customer"}})

    assert "secret-customer" not in host.log


def test_metrics_name_each_service_apart(host):
    host.post("fraud", "/score", **ATTEMPT)
    host.post("recommendation", "/trending")

    metrics = host.clients["fraud"].get("/metrics").text
    assert 'fraud_request_total{endpoint="/score"' in metrics
    assert 'recommendation_request_total{endpoint="/trending"' in metrics


# --- versions that change while requests come


def test_new_champions_broken_ones_and_a_rollback_fail_no_request(host: Host, registry: ModelRegistry):
    first = registry.resolve(ModelName.FRAUD)
    assert first is not None
    second = log(registry, ModelName.FRAUD, fraud_model(seed=8))
    broken = log(registry, ModelName.FRAUD, Broken(fraud_model(seed=9)))
    asked = Call(f"{host.clients[ModelName.FRAUD].base_url}/score", ATTEMPT)
    with Load(asked, rate=200) as load:
        load.wait_for(first.version, within=60)
        registry.promote(ModelName.FRAUD, second)
        load.wait_for(second, within=60)
        registry.promote(ModelName.FRAUD, broken)
        assert problem(host, "rejected")["version"] == broken
        assert host.post("fraud", "/score", **ATTEMPT).json()["version"] == second
        registry.rollback(ModelName.FRAUD)
        problem(host, None)
        load.forget(first.version)
        registry.rollback(ModelName.FRAUD)
        load.wait_for(first.version, within=60)
    print(load.summary())
    assert load.failures == []
    assert load.count > 100
    assert broken not in load.first_seen


def problem(host: Host, kind: str | None) -> dict[str, Any]:
    """What the fraud service says is wrong, as soon as it is of this kind; None for all's well."""
    deadline = time.monotonic() + 60
    while True:
        found = host.post("fraud", "/champion").raise_for_status().json()["problem"]
        if (found or {}).get("kind") == kind:
            return found or {}
        assert time.monotonic() < deadline, f"not {kind}: {found}"
        time.sleep(0.05)


def test_a_restart_without_a_registry_serves_the_last_good_versions(mlflow_url, published, tmp_path):
    with running_host(mlflow_url, tmp_path, ModelName.TAGGING):
        pass
    with running_host(NO_MLFLOW, tmp_path, ModelName.TAGGING) as host:
        answer = host.post("tagging", "/tag", title="red leather bag").raise_for_status().json()

    assert answer["version"] == published["tagging"]


# --- start and stop


def test_without_any_model_a_service_is_ready_and_answers_model_unavailable(tmp_path):
    with running_host(NO_MLFLOW, tmp_path, ModelName.SELLER_ANALYTICS) as host:
        assert host.clients["seller_analytics"].get("/livez").is_success
        answer = host.post("seller_analytics", "/forecast", seller_id="seller-1")

    assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE
    assert answer.json()["code"] == "model_unavailable"
    assert "marketplace run" in answer.json()["message"]


def test_a_service_is_not_ready_before_its_model_is_warm(mlflow_url, published, tmp_path):
    with running_host(mlflow_url, tmp_path, ModelName.FRAUD, wait=False) as host:
        answers = []
        while (status := _status(host, "/readyz")) != httpx.codes.OK:
            answers.append(status)
            time.sleep(0.02)
        assert host.post("fraud", "/score", **ATTEMPT).status_code == httpx.codes.OK

    assert set(answers) <= {0, httpx.codes.SERVICE_UNAVAILABLE}


def test_a_stop_takes_less_than_two_seconds_and_ends_well(tmp_path):
    with running_host(NO_MLFLOW, tmp_path, ModelName.TAGGING) as host:
        keep_alive = host.post("tagging", "/tag", title="a connection that stays open")
        assert keep_alive.status_code == httpx.codes.SERVICE_UNAVAILABLE
        seconds = host.stop()

    assert seconds < 2
    assert host.process.returncode == 0


def test_a_taken_port_ends_the_host_and_names_the_service(host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("tests.serving.conftest.free_port", lambda *args, **kwargs: host.ports[ModelName.TAGGING])
    with running_host(NO_MLFLOW, tmp_path, ModelName.TAGGING, wait=False) as second:
        assert second.process.wait(timeout=60) == 1

    assert "MARKETPLACE_SERVICES__TAGGING__PORT" in second.log


def _status(host: Host, path: str) -> int:
    try:
        return host.clients["fraud"].get(path).status_code
    except httpx.TransportError:
        return 0  # nothing listens yet


class Broken:
    """A model that loses half of a file on its way into the registry."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self.config = None

    def score(self, rows: Any) -> Any:
        return self._model.score(rows)

    def save(self, folder: Path) -> None:
        self._model.save(folder)
        arrays = folder / "anomaly.npz"
        arrays.write_bytes(arrays.read_bytes()[: arrays.stat().st_size // 2])
