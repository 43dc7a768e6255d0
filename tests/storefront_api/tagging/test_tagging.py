"""Tag suggestions: from the service, answered once, written onto the product and kept as labels."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import psycopg
import pytest
from fastapi import FastAPI

from marketplace.contracts.tagging import AttributeSuggestion, CategorySuggestion, TagRequest, TagResponse
from storefront_api.clients import TaggingClient
from storefront_api.main import create_app
from tests.factories import make_category, make_product, make_seller, make_user
from tests.storefront_api.conftest import shop_settings, signed_in

Shop = psycopg.Connection[dict[str, Any]]
tagger = FastAPI()


@tagger.post("/tag")
async def tag(request: TagRequest) -> TagResponse:
    category = CategorySuggestion(category_id="cups", path="Kitchen > Cups", probability=0.9)
    colour = AttributeSuggestion(attribute="colour", value="blue", probability=0.8, evidence="blue")
    return TagResponse(model="tagging", version="2", categories=[category], attributes=[colour], has_abstained=False)


@pytest.fixture
async def app(database_url: str) -> AsyncIterator[FastAPI]:
    app = create_app(shop_settings(database_url))
    http = httpx.AsyncClient(transport=httpx.ASGITransport(tagger), base_url="http://tagger")
    app.state.clients.tagging = TaggingClient(http, timeout=app.state.settings.services.tagging.timeout)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def seller(app: FastAPI, shop: Shop) -> httpx.AsyncClient:
    person = make_user(shop, role="seller")
    make_category(shop, category_id="cups")
    make_product(shop, make_seller(shop, user_id=person["user_id"])["seller_id"], product_id="p")
    return await signed_in(app, person["email"])


async def suggest(client: httpx.AsyncClient) -> dict[str, str]:
    answer = await client.post("/v1/tag-suggestions", json={"title": "A blue cup", "product_id": "p"})
    assert answer.status_code == 201, answer.text
    return {row["attribute"]: row["tag_suggestion_id"] for row in answer.json()["suggestions"]}


async def answer(client: httpx.AsyncClient, tag_id: str, **given: Any) -> httpx.Response:
    return await client.post(f"/v1/tag-suggestions/{tag_id}/answer", json=given)


async def test_accepted_and_changed_values_go_onto_the_product(seller: httpx.AsyncClient, shop: Shop) -> None:
    tags = await suggest(seller)
    assert (await answer(seller, tags["category"], status="accepted")).json()["final_value"] == "cups"
    assert (await answer(seller, tags["colour"], status="changed", final_value="navy")).status_code == 200
    product = shop.execute("select category_id, colour from shop.products").fetchone()
    assert product == {"category_id": "cups", "colour": "navy"}
    labels = shop.execute("select attribute, status, final_value, model_version from shop.tag_suggestions order by 1").fetchall()
    assert [tuple(label.values()) for label in labels] == [
        ("category", "accepted", "cups", "2"),
        ("colour", "changed", "navy", "2"),
    ]


async def test_suggestion_is_answered_once_and_only_by_its_seller(app: FastAPI, seller: httpx.AsyncClient, shop: Shop) -> None:
    tags = await suggest(seller)
    other = make_user(shop, role="seller")
    make_seller(shop, user_id=other["user_id"])
    stranger = await signed_in(app, other["email"])
    assert (await answer(stranger, tags["colour"], status="accepted")).status_code == 404
    assert (await answer(seller, tags["colour"], status="refused")).status_code == 200
    assert (await answer(seller, tags["colour"], status="accepted")).status_code == 409
    assert (await stranger.post("/v1/tag-suggestions", json={"title": "x", "product_id": "p"})).status_code == 404


async def test_category_that_does_not_exist_is_refused(seller: httpx.AsyncClient) -> None:
    tags = await suggest(seller)
    refused = await answer(seller, tags["category"], status="changed", final_value="nowhere")
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/final_value")
