"""The challenger is asked about live attempts after they are decided, once each, and nobody acts on what it says."""

from datetime import UTC, datetime
from typing import Any

import httpx
import psycopg
from fastapi import FastAPI, Response

from marketplace.contracts.fraud import ShadowDecision, ShadowRequest, ShadowResponse
from marketplace.settings import ServiceSettings
from marketplace.vocabulary import FraudDecision
from storefront_api.clients import CircuitBreaker, FraudShadowClient
from storefront_api.fraud.shadow import shadow_decisions
from tests.factories import insert, make_attempt, make_user
from tests.storefront_api.conftest import signed_in

Shop = psycopg.Connection[dict[str, Any]]


class Challenger:
    """A small service that has a challenger, or none, or is away."""

    def __init__(self) -> None:
        self.version: str | None = "9"
        self.is_away = False
        self.features: list[str] = []
        self.asked: list[str] = []
        app = FastAPI()
        app.post("/shadow", response_model=None)(self.shadow)
        http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://challenger")
        self.client = FraudShadowClient(http, timeout=ServiceSettings(port=1, timeout="PT1S").timeout, breaker=CircuitBreaker())

    async def shadow(self, request: ShadowRequest) -> ShadowResponse | Response:
        if self.is_away:
            return Response(status_code=503)
        self.asked += [attempt.payment_attempt_id for attempt in request.attempts]
        said = [
            ShadowDecision(payment_attempt_id=one.payment_attempt_id, probability=0.9, score=90, decision=FraudDecision.REVIEW)
            for one in request.attempts
        ]
        return ShadowResponse(version=self.version, features=self.features, decisions=said if self.version else [])


def decided(shop: Shop, attempt_id: str, **given: Any) -> None:
    make_attempt(shop, "bela", payment_attempt_id=attempt_id)
    row = {
        "fraud_decision_id": f"d-{attempt_id}",
        "event_id": attempt_id,
        "payment_attempt_id": attempt_id,
        "decision": "approve",
        "rules_decision": "approve",
        "features": {"order_count_total": 2.0},
        "rules_version": "rules-1",
        "latency_ms": 3.0,
        "decided_at": datetime.now(UTC),
    }
    insert(shop, "shop.fraud_decisions", row | given)


async def test_each_live_attempt_is_judged_once_by_each_version(app: FastAPI, shop: Shop) -> None:
    make_user(shop, user_id="bela")
    decided(shop, "usual")
    decided(shop, "blocked by a rule", rules_decision="decline", decision="decline")
    decided(shop, "allowed", rule_hits=[{"name": "trusted", "action": "allow", "points": 0, "sentence": "is trusted"}])
    decided(shop, "rules alone", is_fallback=True)
    decided(shop, "long ago", decided_at=datetime(2026, 1, 1, tzinfo=UTC))
    challenger = Challenger()
    ask = {"database": app.state.database, "client": challenger.client, "now": datetime.now(UTC)}
    assert await shadow_decisions(**ask) == 3
    assert await shadow_decisions(**ask) == 0
    assert sorted(challenger.asked) == ["allowed", "blocked by a rule", "usual"]
    found = shop.execute("select * from shop.fraud_shadow_decisions order by payment_attempt_id").fetchall()
    assert [(row["payment_attempt_id"], row["model_decision"], row["decision"]) for row in found] == [
        ("allowed", "review", "approve"),
        ("blocked by a rule", "review", "decline"),
        ("usual", "review", "review"),
    ]
    assert shop.execute("select count(*) as n from shop.fraud_cases").fetchone() == {"n": 0}, "nobody acts on it"
    challenger.version = "10"
    assert await shadow_decisions(**ask) == 3


async def test_attempts_decided_without_a_feature_of_the_challenger_are_passed_over(app: FastAPI, shop: Shop) -> None:
    make_user(shop, user_id="bela")
    decided(shop, "old one")
    decided(shop, "another", features={"order_count_total": None})
    decided(shop, "usual", features={"order_count_total": None, "customer_travel_kmh": 3.0})
    challenger = Challenger()
    challenger.features = ["order_count_total", "customer_travel_kmh"]
    # Room for one: those that nobody can judge do not stand in the way.
    ask = {"database": app.state.database, "client": challenger.client, "now": datetime.now(UTC), "limit": 1}
    assert [await shadow_decisions(**ask), await shadow_decisions(**ask)] == [1, 0]
    assert challenger.asked == ["usual"], "nobody is asked about the others"


async def test_without_challenger_service_or_traffic_nothing_happens(app: FastAPI, shop: Shop) -> None:
    challenger = Challenger()
    ask = {"database": app.state.database, "client": challenger.client, "now": datetime.now(UTC)}
    challenger.is_away = True
    assert await shadow_decisions(**ask) == 0
    make_user(shop, user_id="bela")
    decided(shop, "usual")
    assert await shadow_decisions(**ask) == 0
    challenger.is_away, challenger.version = False, None
    assert await shadow_decisions(**ask) == 0
    assert challenger.asked == []


async def test_report_counts_both_decisions_with_what_came_of_them(app: FastAPI, shop: Shop) -> None:
    make_user(shop, user_id="bela")
    for name in ("a", "b"):
        decided(shop, name)
    now = datetime.now(UTC)
    shop.execute(
        "insert into shop.fraud_labels (fraud_label_id, payment_attempt_id, outcome, label_source, labelled_at)"
        " values ('l', 'a', 'fraud', 'analyst', now())"
    )
    await shadow_decisions(app.state.database, Challenger().client, now=now)
    analyst = await signed_in(app, make_user(shop, role="analyst")["email"])
    (said,) = (await analyst.get("/v1/fraud/shadow")).json()
    assert (said["challenger_version"], said["live_decision"], said["shadow_decision"]) == ("9", "approve", "review")
    assert (said["attempt_count"], said["fraud_count"], said["legitimate_count"]) == (2, 1, 0)
    page = await analyst.get("/fraud/shadow")
    assert page.status_code == 200
    assert "Version 9" in page.text
    customer = await signed_in(app, make_user(shop)["email"])
    assert (await customer.get("/v1/fraud/shadow")).status_code == 403
