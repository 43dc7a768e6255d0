"""Shelves: what may be shown, what stands in when the service is away, and what is remembered."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from fastapi import FastAPI, Response

from marketplace import top_lists
from marketplace.top_lists import Listed, TopLists
from tests.factories import insert, make_address, make_category, make_product, make_seller, make_user
from tests.storefront_api.conftest import client_of, signed_in
from tests.storefront_api.recommendations.conftest import Recommender, shown

Shop = psycopg.Connection[dict[str, Any]]


async def test_shelf_is_the_services_list_with_its_reasons_and_leaves_impressions(
    api: httpx.AsyncClient, shop: Shop, recommender: Recommender, products: list[str]
) -> None:
    recommender.product_ids = products[::-1]
    answer = await api.get("/v1/recommendations", params={"k": 3})
    shelf = answer.json()
    assert shown(answer) == products[:-4:-1]
    assert (shelf["model"], shelf["version"], shelf["fallback"]) == ("recommendation", "7", False)
    assert {(item["source"], item["reason"]) for item in shelf["items"]} == {("collaborative", "Because")}
    rows = shop.execute("select * from shop.impressions order by position").fetchall()
    assert [row["product_id"] for row in rows] == shown(answer)
    assert {(row["request_id"], row["shelf"], row["model_version"]) for row in rows} == {(shelf["request_id"], "for_you", "7")}


async def test_what_cannot_be_bought_is_left_out_and_the_shelf_refilled(
    api: httpx.AsyncClient, shop: Shop, recommender: Recommender, products: list[str]
) -> None:
    sold_out, hidden, *rest = products
    shop.execute("update shop.stock set units_on_hand = 0 where product_id = %s", (sold_out,))
    shop.execute("update shop.products set is_active = false where product_id = %s", (hidden,))
    recommender.product_ids = products
    assert shown(await api.get("/v1/recommendations", params={"k": 4})) == rest


async def test_long_run_of_sold_out_products_makes_it_ask_again(
    api: httpx.AsyncClient, shop: Shop, recommender: Recommender
) -> None:
    seller_id = make_seller(shop)["seller_id"]
    gone = [make_product(shop, seller_id, units=0)["product_id"] for _ in range(20)]
    there = [make_product(shop, seller_id)["product_id"] for _ in range(2)]
    recommender.product_ids = gone + there
    answer = await api.get("/v1/recommendations", params={"k": 2})
    assert shown(answer) == there
    assert {item["source"] for item in answer.json()["items"]} == {"collaborative"}
    assert len(recommender.calls) > 1


async def test_just_bought_and_carted_products_do_not_come_back(
    app: FastAPI, shop: Shop, recommender: Recommender, products: list[str]
) -> None:
    user = make_user(shop)
    make_address(shop, user["user_id"])
    client = await signed_in(app, user["email"])
    recommender.product_ids = products
    body = {"items": [{"product_id": products[0]}], "payment": {"method": "cod"}}
    await client.post("/v1/orders", json=body, headers={"Idempotency-Key": "k"})
    await client.post("/v1/cart/items", json={"product_id": products[1]})
    assert shown(await client.get("/v1/recommendations", params={"k": 6})) == products[2:]


async def test_customer_without_personalisation_gets_what_is_popular(
    app: FastAPI, shop: Shop, recommender: Recommender, products: list[str]
) -> None:
    recommender.product_ids = products
    client = await signed_in(app, make_user(shop, wants_personalisation=False)["email"])
    shelf = (await client.get("/v1/recommendations")).json()
    assert (shelf["name"], shelf["is_personalised"]) == ("trending", False)
    assert "customer_id" not in recommender.calls[0]


async def slow() -> None:
    await asyncio.sleep(2)


async def garbage() -> Response:
    return Response(b"\x00<html>", media_type="text/html")


async def wrong_shape() -> dict[str, Any]:
    return {"items": [{"product": 1}]}


@pytest.mark.parametrize("mood", [slow, garbage, wrong_shape, Recommender.error])
async def test_service_that_misbehaves_is_replaced_by_the_published_list(
    app: FastAPI, shop: Shop, recommender: Recommender, products: list[str], tmp_path: Path, mood: Callable[[], Any]
) -> None:
    user = make_user(shop)
    client = await signed_in(app, user["email"])
    listed = [Listed(product_id, 1.0, "content", "Published") for product_id in products[:2]]
    lists = [(user["user_id"], listed), ("somebody else", [Listed(products[4], 1.0, "content", "Not theirs")])]
    top_lists.publish(tmp_path, lists, model="recommendation", version="6", computed_at="2026-01-02T00:00:00+00:00")
    app.state.top_lists = TopLists(tmp_path)
    row = {"list_name": "trending", "entity_id": "all", "position": 1, "product_id": products[2], "score": 1.0}
    words = {"source": "trending", "reason": "Popular", "model_name": "recommendation", "model_version": "6"}
    insert(shop, "predictions.product_lists", row | words | {"computed_at": user["signed_up_at"]})
    recommender.misbehave = mood
    answer = await client.get("/v1/recommendations", params={"k": 3})
    assert shown(answer) == products[:3]
    assert [item["reason"] for item in answer.json()["items"]] == ["Published", "Published", "Popular"]
    assert (answer.json()["fallback"], answer.json()["version"]) == (True, "6")


async def test_breaker_opens_after_five_failures_and_closes_itself(
    api: httpx.AsyncClient, recommender: Recommender, products: list[str]
) -> None:
    recommender.product_ids, recommender.misbehave = products, Recommender.error
    for _ in range(8):
        assert (await api.get("/v1/trending")).json()["fallback"] is True
    assert len(recommender.calls) == 5
    recommender.misbehave = None
    await asyncio.sleep(0.35)
    assert (await api.get("/v1/trending")).json()["fallback"] is False


async def test_shop_without_any_list_still_shows_what_sells(
    app: FastAPI, shop: Shop, recommender: Recommender, products: list[str]
) -> None:
    recommender.misbehave = Recommender.error
    user = make_user(shop)
    make_address(shop, user["user_id"])
    buyer = await signed_in(app, user["email"])
    body = {"items": [{"product_id": products[3]}], "payment": {"method": "cod"}}
    await buyer.post("/v1/orders", json=body, headers={"Idempotency-Key": "k"})
    async with client_of(app) as guest:
        answer = await guest.get("/v1/trending", params={"k": 6})
    assert shown(answer)[0] == products[3]
    assert answer.json()["items"][0]["source"] == "sold_most_7d"
    assert sorted(shown(answer)) == sorted(products)


async def test_similar_products_exclude_the_product_itself(
    api: httpx.AsyncClient, recommender: Recommender, products: list[str]
) -> None:
    recommender.product_ids = products
    assert products[2] not in shown(await api.get(f"/v1/products/{products[2]}/similar"))
    assert (await api.get("/v1/products/nothing/similar")).status_code == 404


async def test_a_model_that_does_not_know_the_product_yet_is_told_its_category(
    api: httpx.AsyncClient, shop: Shop, recommender: Recommender, products: list[str]
) -> None:
    make_category(shop, category_id="cups")
    shop.execute("update shop.products set category_id = 'cups' where product_id = %s", (products[3],))
    await api.get(f"/v1/products/{products[3]}/similar")
    asked = recommender.calls[-1]
    assert (asked["product_id"], asked["category_id"]) == (products[3], "cups")
