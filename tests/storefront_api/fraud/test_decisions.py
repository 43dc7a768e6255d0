"""Checkout asks the fraud service, does without it, and comes back to what it had to do without."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psycopg
import pytest
from fastapi import FastAPI, Response

from marketplace.contracts.fraud import FraudReason, FraudScoreRequest, FraudScoreResponse
from marketplace.fraud_rules import facts_of, hits, shipped
from marketplace.vocabulary import FraudDecision, Role
from storefront_api.clients import CircuitBreaker, FraudClient
from storefront_api.fraud import service
from storefront_api.fraud.rescoring import rescore_fallbacks
from storefront_api.fraud.rules import RulesAtWork
from storefront_api.main import create_app
from tests.factories import make_address, make_product, make_seller, make_user
from tests.storefront_api.conftest import client_of, shop_settings, signed_in

Shop = psycopg.Connection[dict[str, Any]]


class Scorer:
    """A small fraud service over HTTP that decides what the test wants, or is away."""

    def __init__(self) -> None:
        self.decision: FraudDecision | None = FraudDecision.APPROVE
        self.is_degraded = False
        self.requests: list[FraudScoreRequest] = []
        self.app = FastAPI()
        self.app.post("/score", response_model=None)(self.score)

    async def score(self, request: FraudScoreRequest) -> FraudScoreResponse | Response:
        self.requests.append(request)
        if self.decision is None:
            return Response(status_code=503)
        reason = FraudReason(feature="account_age_hours", sentence="the account is an hour old", value=1.0, contribution=1.2)
        return FraudScoreResponse(
            model="fraud",
            version="3",
            is_degraded=self.is_degraded,
            payment_attempt_id=request.payment_attempt_id,
            probability=0.5,
            score=50,
            anomaly_score=0.1,
            decision=self.decision,
            reasons=[reason],
            rules_version="rules-1",
            features={"account_age_hours": 1.0},
            decided_at=datetime.now(UTC),
        )


@pytest.fixture
def scorer() -> Scorer:
    return Scorer()


@pytest.fixture
async def app(database_url: str, scorer: Scorer) -> AsyncIterator[FastAPI]:
    app = create_app(shop_settings(database_url))
    http = httpx.AsyncClient(transport=httpx.ASGITransport(scorer.app), base_url="http://scorer")
    breaker = CircuitBreaker(failures=100)
    app.state.clients.fraud = FraudClient(http, timeout=app.state.settings.services.fraud.timeout, breaker=breaker)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def buyer(app: FastAPI, shop: Shop) -> httpx.AsyncClient:
    user = make_user(shop)
    make_address(shop, user["user_id"])
    make_product(shop, make_seller(shop)["seller_id"], product_id="p")
    return await signed_in(app, user["email"])


async def buy(buyer: httpx.AsyncClient, quantity: int = 1, key: str = "k") -> dict[str, Any]:
    body = {"items": [{"product_id": "p", "quantity": quantity}], "payment": {"method": "card", "token": "tok_visa"}}
    answer = await buyer.post("/v1/orders", json=body, headers={"Idempotency-Key": key})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def row(shop: Shop, query: str) -> dict[str, Any]:
    found = shop.execute(query).fetchone()  # type: ignore[arg-type]
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("decision", "status", "cases", "charges", "units"),
    [
        (FraudDecision.APPROVE, "approved", 0, 1, 9),
        (FraudDecision.REVIEW, "held_for_review", 1, 0, 9),
        (FraudDecision.BLOCK_AND_REVIEW, "held_for_review", 1, 0, 9),
        (FraudDecision.DECLINE, "declined", 0, 0, 10),
    ],
)
async def test_order_follows_the_decision(
    buyer: httpx.AsyncClient,
    shop: Shop,
    scorer: Scorer,
    decision: FraudDecision,
    status: str,
    cases: int,
    charges: int,
    units: int,
) -> None:
    scorer.decision = decision
    assert (await buy(buyer))["status"] == status
    found = row(
        shop,
        "select (select count(*) from shop.fraud_cases) as cases, (select count(*) from shop.transactions) as charges, "
        "(select units_on_hand from shop.stock) as units",
    )
    assert found == {"cases": cases, "charges": charges, "units": units}


async def test_decision_is_stored_with_reasons_features_and_versions(
    buyer: httpx.AsyncClient, shop: Shop, scorer: Scorer
) -> None:
    scorer.decision = FraudDecision.REVIEW
    await buy(buyer)
    stored = row(shop, "select * from shop.fraud_decisions")
    assert (stored["model_name"], stored["model_version"], stored["rules_version"]) == ("fraud", "3", "rules-1")
    assert (stored["is_fallback"], stored["probability"], stored["score"]) == (False, 0.5, 50)
    assert stored["reasons"][0]["sentence"] == "the account is an hour old"
    assert stored["features"] == {"account_age_hours": 1.0}
    # half of 1,060.00 is expected to be lost
    assert row(shop, "select priority from shop.fraud_cases") == {"priority": 530}


async def test_stored_decision_can_be_replayed(buyer: httpx.AsyncClient, shop: Shop, scorer: Scorer) -> None:
    shop.execute("update shop.users set signed_up_at = now() - interval '90 seconds' where role = 'customer'")
    await buy(buyer)
    stored = row(shop, "select * from shop.fraud_decisions")
    assert stored["event_id"] == stored["payment_attempt_id"]
    assert (stored["decision"], stored["model_decision"]) == ("approve", "approve")
    replayed = hits(
        shipped(),
        facts_of(
            FraudScoreRequest.model_validate(stored["inputs"]["request"]),
            stored["features"],
            lists=frozenset(stored["inputs"]["lists"]),
        ),
    )
    assert [asdict(hit) for hit in replayed] == stored["rule_hits"]
    assert [hit.name for hit in replayed] == ["account_minutes_old"]
    assert stored["reasons"][0]["sentence"] == "the account is 1 minute old"


async def test_one_event_is_decided_once(app: FastAPI, buyer: httpx.AsyncClient, shop: Shop) -> None:
    await buy(buyer)
    stored = row(shop, "select * from shop.fraud_decisions")
    request = FraudScoreRequest.model_validate(stored["inputs"]["request"])
    rules = RulesAtWork(1, shipped())
    policy = service.HoldPolicy({}, {})
    decision = await service.decide(app.state.clients.fraud, request, rules, policy=policy)
    async with app.state.database.transaction() as connection:
        again = {"event_id": stored["event_id"], "order_id": stored["order_id"], "now": datetime.now(UTC)}
        assert not await service.store(connection, decision, **again)
    assert row(shop, "select count(*)::int as n from shop.fraud_decisions") == {"n": 1}


async def test_without_the_service_a_currency_that_no_limit_names_always_waits(app: FastAPI, scorer: Scorer) -> None:
    scorer.decision = None
    request = FraudScoreRequest(
        payment_attempt_id="a", customer_id="c", amount_minor=100, currency="BDT", attempted_at=datetime.now(UTC)
    )

    async def decided(rules: RulesAtWork, **limits: int) -> FraudDecision:
        policy = service.HoldPolicy(limits, {})
        return (await service.decide(app.state.clients.fraud, request, rules, policy=policy)).decision

    assert await decided(RulesAtWork(1, shipped()), EUR=1) is FraudDecision.REVIEW
    assert await decided(RulesAtWork(1, shipped()), BDT=101) is FraudDecision.APPROVE
    assert await decided(RulesAtWork(1, shipped(), frozenset({"trusted"}))) is FraudDecision.APPROVE


async def test_large_order_waits_while_the_feature_store_is_down_and_is_scored_again_when_it_is_back(
    app: FastAPI, buyer: httpx.AsyncClient, shop: Shop, scorer: Scorer
) -> None:
    shop.execute("update shop.stock set units_on_hand = 100")
    scorer.is_degraded = True
    small, large = await buy(buyer, key="small"), await buy(buyer, quantity=10, key="large")
    assert (small["status"], large["status"]) == ("approved", "held_for_review")
    again = {"database": app.state.database, "client": app.state.clients.fraud, "now": datetime.now(UTC)}
    assert await rescore_fallbacks(**again) == 0, "half an answer is no better than the first"

    scorer.is_degraded = False
    assert await rescore_fallbacks(**again) == 2
    assert (await buyer.get(f"/v1/orders/{large['order_id']}")).json()["status"] == "approved"
    assert row(shop, "select count(*)::int as n from shop.fraud_decisions where is_degraded") == {"n": 2}


async def test_second_attempt_tells_the_service_of_the_first(buyer: httpx.AsyncClient, scorer: Scorer) -> None:
    await buy(buyer)
    await buy(buyer, key="other")
    first, second = (request.velocity for request in scorer.requests)
    assert first.customer_attempts_1h == 0
    assert (second.customer_attempts_1h, second.device_cards_24h, second.customer_amount_minor_24h) == (1, 1, 106_000)
    assert scorer.requests[0].shipping_latitude == 23.8


async def test_order_goes_through_while_the_service_is_away_and_is_scored_when_it_is_back(
    app: FastAPI, buyer: httpx.AsyncClient, shop: Shop, scorer: Scorer
) -> None:
    scorer.decision = None
    small, large = await buy(buyer, key="small"), await buy(buyer, quantity=3, key="large")
    assert (small["status"], large["status"]) == ("approved", "held_for_review")
    again = {"database": app.state.database, "client": app.state.clients.fraud, "now": datetime.now(UTC)}
    assert await rescore_fallbacks(**again) == 0

    scorer.decision = FraudDecision.APPROVE
    assert await rescore_fallbacks(**again) == 2
    assert await rescore_fallbacks(**again) == 0
    assert (await buyer.get(f"/v1/orders/{large['order_id']}")).json()["status"] == "approved"
    assert row(shop, "select status from shop.fraud_cases") == {"status": "closed"}
    assert row(shop, "select count(*)::int as n from shop.transactions") == {"n": 2}


async def test_no_order_is_lost_or_decided_twice_when_the_service_dies_under_them(
    app: FastAPI, shop: Shop, scorer: Scorer
) -> None:
    make_product(shop, make_seller(shop)["seller_id"], product_id="p", units=100)
    now = datetime.now(UTC)

    async def order(number: int) -> str:
        user = make_user(shop, user_id=f"shopper-{number}")
        make_address(shop, user["user_id"])
        token = app.state.signer.access_token(user["user_id"], Role.CUSTOMER, now=now, lifetime=timedelta(hours=1))
        if number == 8:
            scorer.decision = None
        async with client_of(app, headers={"Authorization": f"Bearer {token}"}) as client:
            return str((await buy(client, quantity=1 + 3 * (number % 2)))["status"])

    statuses = await asyncio.gather(*(order(number) for number in range(16)))
    found = shop.execute(
        "select orders.status, decisions.is_fallback, attempts.amount_minor from shop.fraud_decisions as decisions"
        " join shop.payment_attempts as attempts using (payment_attempt_id)"
        " join shop.orders on orders.order_id = decisions.order_id"
    ).fetchall()
    assert len(found) == 16
    unscored = [one for one in found if one["is_fallback"]]
    assert unscored
    assert {one["status"] for one in unscored if one["amount_minor"] >= 300_000} == {"held_for_review"}
    assert {one["status"] for one in found if one not in unscored} <= {"approved"}
    assert sorted(statuses) == sorted(one["status"] for one in found)
    assert row(shop, "select units_on_hand from shop.stock where product_id = 'p'") == {"units_on_hand": 100 - 8 * 1 - 8 * 4}


async def test_approved_fallback_that_the_model_doubts_becomes_a_case(
    app: FastAPI, buyer: httpx.AsyncClient, shop: Shop, scorer: Scorer
) -> None:
    scorer.decision = None
    order = await buy(buyer)
    scorer.decision = FraudDecision.BLOCK_AND_REVIEW
    await rescore_fallbacks(app.state.database, app.state.clients.fraud, now=datetime.now(UTC))
    assert (await buyer.get(f"/v1/orders/{order['order_id']}")).json()["status"] == "approved"
    assert row(shop, "select status, priority from shop.fraud_cases") == {"status": "open", "priority": 530}


async def test_order_that_an_analyst_has_is_left_to_the_analyst(
    app: FastAPI, buyer: httpx.AsyncClient, shop: Shop, scorer: Scorer
) -> None:
    scorer.decision = None
    order = await buy(buyer, quantity=3)
    shop.execute("update shop.fraud_cases set status = 'claimed'")
    scorer.decision = FraudDecision.APPROVE
    await rescore_fallbacks(app.state.database, app.state.clients.fraud, now=datetime.now(UTC))
    assert (await buyer.get(f"/v1/orders/{order['order_id']}")).json()["status"] == "held_for_review"
