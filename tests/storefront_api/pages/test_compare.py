"""Two models side by side: who may look, at whom, and that looking leaves nothing behind."""

from datetime import timedelta
from typing import Any

import httpx
import psycopg
import pytest
from fastapi import FastAPI

from marketplace.contracts.recommendation import RecommendationResponse, RecommendedProduct, RecommendRequest, Variant
from storefront_api.clients import RecommendationClient
from tests.factories import make_product, make_seller, make_user
from tests.storefront_api.conftest import client_of, signed_in

Shop = psycopg.Connection[dict[str, Any]]
PAGE = {"accept": "text/html"}


@pytest.fixture
def customer(shop: Shop) -> dict[str, Any]:
    seller_id = make_seller(shop)["seller_id"]
    for _ in range(3):
        make_product(shop, seller_id)
    return make_user(shop, full_name="Shopper of the demo", is_demo_account=True)


async def test_admin_sees_a_shoppers_two_lists_and_nothing_is_noted_as_shown(
    app: FastAPI, shop: Shop, customer: dict[str, Any]
) -> None:
    admin = await signed_in(app, make_user(shop, role="admin")["email"])
    for beside in ("trending", "challenger"):
        answer = await admin.get("/compare", params={"person": customer["user_id"], "beside": beside}, headers=PAGE)
        assert answer.status_code == 200
        assert "Two models for Shopper of the demo" in answer.text
        assert "<b>3 of 3</b> stand in both lists" in answer.text
    assert shop.execute("select count(*)::int as n from shop.impressions").fetchall() == [{"n": 0}]
    assert (await admin.get("/compare", headers=PAGE)).status_code == 200  # the first shopper of the demo, when none is named
    assert (await admin.get("/compare", params={"person": "nobody"}, headers=PAGE)).status_code == 404


async def test_challengers_list_stands_beside_the_champions_with_what_both_hold(
    app: FastAPI, shop: Shop, customer: dict[str, Any]
) -> None:
    ids = [row["product_id"] for row in shop.execute("select product_id from shop.products order by 1").fetchall()]
    service = FastAPI()

    @service.post("/recommend")
    def recommend(request: RecommendRequest) -> RecommendationResponse:
        assert request.customer_id == customer["user_id"]
        is_challenger = request.variant is Variant.CHALLENGER
        items = [
            RecommendedProduct(product_id=one, score=0.5, source="content", reason=f"Said by {request.variant}")
            for one in (ids[1:] if is_challenger else ids[:2])
            if one not in request.exclude_product_ids
        ]
        return RecommendationResponse(model="recommendation", version="8" if is_challenger else "7", items=items)

    http = httpx.AsyncClient(transport=httpx.ASGITransport(service), base_url="http://recommender")
    app.state.clients.recommendation = RecommendationClient(http, timeout=timedelta(seconds=5))
    admin = await signed_in(app, make_user(shop, role="admin")["email"])
    page = (await admin.get("/compare", params={"person": customer["user_id"], "beside": "challenger"}, headers=PAGE)).text
    assert "recommendation model, version 7" in page
    assert "recommendation model, version 8" in page
    assert (page.count("Said by champion"), page.count("Said by challenger")) == (2, 2)
    assert "The champion answered both times" not in page
    assert "in both, place 2 there" in page  # the champion's second is the challenger's first


async def test_shopper_of_the_demo_sees_their_own_and_nobody_elses(app: FastAPI, shop: Shop, customer: dict[str, Any]) -> None:
    client = await signed_in(app, customer["email"])
    assert "This visit counts" in (await client.get("/compare", headers=PAGE)).text
    other = make_user(shop)["user_id"]
    assert (await client.get("/compare", params={"person": other}, headers=PAGE)).status_code == 403


@pytest.mark.parametrize("role", ["customer", "seller", "analyst"])
async def test_everybody_else_is_sent_away(app: FastAPI, shop: Shop, customer: dict[str, Any], role: str) -> None:
    client = await signed_in(app, make_user(shop, role=role)["email"])
    assert (await client.get("/compare", params={"person": customer["user_id"]}, headers=PAGE)).status_code == 403
    assert (await client_of(app).get("/compare", headers=PAGE)).status_code == 303
