"""Not interested, and no personal shelves at all: what one shopper says holds for them at once, and for nobody else."""

from typing import Any

import httpx
import psycopg
import pytest
from fastapi import FastAPI

from pipelines.raw_copy import copy_to_raw
from tests.factories import PASSWORD, make_user
from tests.storefront_api.conftest import client_of, signed_in
from tests.storefront_api.recommendations.conftest import Recommender, shown

Shop = psycopg.Connection[dict[str, Any]]
SHELVES = ("/v1/recommendations", "/v1/trending", "/v1/products/{other}/similar", "/v1/products/{other}/bought-together")


@pytest.fixture(autouse=True)
def proposed(recommender: Recommender, products: list[str]) -> None:
    recommender.product_ids = products


async def refuse(client: httpx.AsyncClient, product_id: str, **where: Any) -> httpx.Response:
    return await client.post("/v1/recommendations/not-interested", json={"product_id": product_id, **where})


@pytest.mark.parametrize("is_service_away", [False, True])
async def test_dismissed_product_leaves_this_shoppers_shelves_and_no_others(
    app: FastAPI, api: httpx.AsyncClient, recommender: Recommender, products: list[str], is_service_away: bool
) -> None:
    first, other, *_ = products
    if is_service_away:
        recommender.misbehave = Recommender.error
    assert (await refuse(api, first)).status_code == 201
    for path in SHELVES:
        assert first not in shown(await api.get(path.format(other=other), params={"k": 6}))
        async with client_of(app) as stranger:
            theirs = shown(await stranger.get(path.format(other=other), params={"k": 6}))
            assert (first in theirs) or (is_service_away and not theirs)


async def test_dismissed_product_speaks_for_no_taste(
    api: httpx.AsyncClient, recommender: Recommender, products: list[str]
) -> None:
    await refuse(api, products[0])
    await api.get("/v1/recommendations")
    assert recommender.calls[-1]["not_interested_product_ids"] == [products[0]]


async def test_taken_back_it_comes_again_and_only_once(api: httpx.AsyncClient, products: list[str]) -> None:
    await refuse(api, products[0])
    path = f"/v1/recommendations/not-interested/{products[0]}"
    assert (await api.delete(path)).status_code == 204
    assert (await api.delete(path)).status_code == 404
    assert products[0] in shown(await api.get("/v1/recommendations", params={"k": 6}))
    assert (await api.get("/v1/recommendations/not-interested")).json() == []


async def test_said_twice_it_is_one_wish_with_the_place_where_it_was_said_last(
    api: httpx.AsyncClient, shop: Shop, products: list[str]
) -> None:
    first = (await refuse(api, products[0])).json()
    again = await refuse(api, products[0], request_id="rec_1", shelf="trending", position=4)
    assert again.json() == first
    rows = shop.execute("select shelf, position, request_id, undone_at from shop.dismissals").fetchall()
    assert rows == [{"shelf": "trending", "position": 4, "request_id": "rec_1", "undone_at": None}]
    assert [one["product_id"] for one in (await api.get("/v1/recommendations/not-interested")).json()] == [products[0]]


async def test_unknown_product_and_bad_body_are_refused(api: httpx.AsyncClient) -> None:
    assert (await refuse(api, "nothing")).status_code == 404
    assert (await refuse(api, "no such id!")).status_code == 422
    assert (await refuse(api, "p", why="ugly")).status_code == 422


async def test_what_a_guest_dismissed_stays_with_the_customer_they_sign_in_as(
    app: FastAPI, api: httpx.AsyncClient, shop: Shop, products: list[str]
) -> None:
    user, stranger = make_user(shop), make_user(shop)
    first, second, third, *_ = products
    customer = await signed_in(app, user["email"])
    await refuse(customer, first)
    await refuse(customer, second)
    await customer.delete(f"/v1/recommendations/not-interested/{second}")
    for product_id in (first, second, third):
        await refuse(api, product_id)
    await api.post("/v1/sign-in", json={"email": user["email"], "password": PASSWORD})
    listed = (await customer.get("/v1/recommendations/not-interested")).json()
    assert sorted(one["product_id"] for one in listed) == sorted((first, second, third))
    other = await signed_in(app, stranger["email"])
    assert (await other.get("/v1/recommendations/not-interested")).json() == []


async def test_dismissal_and_its_end_reach_raw(
    api: httpx.AsyncClient, shop: Shop, database_url: str, products: list[str]
) -> None:
    await refuse(api, products[0], shelf="for_you")
    assert copy_to_raw(database_url, ["dismissals"])["dismissals"].rows_copied == 1
    await api.delete(f"/v1/recommendations/not-interested/{products[0]}")
    assert copy_to_raw(database_url, ["dismissals"])["dismissals"].rows_copied == 1
    (row,) = shop.execute("select product_id, shelf, undone_at from raw_shop.dismissals").fetchall()
    assert (row["product_id"], row["shelf"]) == (products[0], "for_you")
    assert row["undone_at"] is not None


@pytest.mark.parametrize("is_customer", [True, False])
async def test_without_personalisation_nothing_follows_the_shopper(
    app: FastAPI, shop: Shop, recommender: Recommender, products: list[str], is_customer: bool
) -> None:
    client = await signed_in(app, make_user(shop)["email"]) if is_customer else client_of(app)
    await client.get(f"/products/{products[0]}")
    assert (await client.get("/v1/personalisation")).json() == {"is_wanted": True}
    assert shown(await client.get("/v1/recommendations/because-you-viewed"))
    assert (await client.put("/v1/personalisation", json={"is_wanted": False})).status_code == 200
    assert (await client.get("/v1/personalisation")).json() == {"is_wanted": False}
    recommender.calls.clear()
    shelf = (await client.get("/v1/recommendations")).json()
    assert (shelf["name"], shelf["is_personalised"]) == ("trending", False)
    for path in ("because-you-viewed", "buy-again", "new-from-sellers"):
        assert shown(await client.get(f"/v1/recommendations/{path}")) == []
    assert all("customer_id" not in call and "session_id" not in call for call in recommender.calls)
    await client.put("/v1/personalisation", json={"is_wanted": True})
    assert (await client.get("/v1/recommendations")).json()["is_personalised"] is True
