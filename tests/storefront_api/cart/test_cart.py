"""The cart: whose it is, what may lie in it, what it says of a changed world."""

from typing import Any

import httpx
import psycopg
import pytest
from fastapi import FastAPI

from tests.factories import PASSWORD, make_customisation, make_product, make_seller, make_user
from tests.storefront_api.conftest import client_of

Shop = psycopg.Connection[dict[str, Any]]


@pytest.fixture
def product(shop: Shop) -> dict[str, Any]:
    return make_product(shop, make_seller(shop)["seller_id"])


async def add(client: httpx.AsyncClient, product: dict[str, Any], quantity: int = 1, **choices: str) -> httpx.Response:
    body = {"product_id": product["product_id"], "quantity": quantity, "choices": choices}
    headers = {"x-csrf-token": client.cookies.get("cy_csrf") or ""}
    return await client.post("/v1/cart/items", json=body, headers=headers)


async def test_equal_wishes_share_a_line_and_different_ones_do_not(
    api: httpx.AsyncClient, shop: Shop, product: dict[str, Any]
) -> None:
    engraving = make_customisation(shop, product["product_id"])["customisation_id"]
    await add(api, product)
    await add(api, product, **{engraving: "  "})
    cart = (await add(api, product, **{engraving: "Ma"})).json()
    assert [(item["quantity"], item["total_minor"]) for item in cart["items"]] == [(2, 200_000), (1, 105_000)]
    assert (cart["subtotal_minor"], cart["shipping_minor"], cart["total_minor"]) == (305_000, 6_000, 311_000)


async def test_choice_that_does_not_fit_is_refused_with_its_field(
    api: httpx.AsyncClient, shop: Shop, product: dict[str, Any]
) -> None:
    engraving = make_customisation(shop, product["product_id"])["customisation_id"]
    answer = await add(api, product, **{engraving: "longer than ten"})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, f"/choices/{engraving}")


async def test_more_than_there_is_is_refused(api: httpx.AsyncClient, product: dict[str, Any]) -> None:
    assert (await add(api, product, 8)).status_code == 201
    assert (await add(api, product, 3)).json()["code"] == "out_of_stock"


async def test_line_is_changed_and_taken_out(api: httpx.AsyncClient, product: dict[str, Any]) -> None:
    line = (await add(api, product)).json()["items"][0]["cart_item_id"]
    changed = await api.patch(f"/v1/cart/items/{line}", json={"quantity": 4})
    assert changed.json()["item_count"] == 4
    assert (await api.delete(f"/v1/cart/items/{line}")).json()["items"] == []
    assert (await api.delete(f"/v1/cart/items/{line}")).status_code == 404


async def test_cart_says_what_has_become_impossible(api: httpx.AsyncClient, shop: Shop, product: dict[str, Any]) -> None:
    await add(api, product, 5)
    shop.execute("update shop.stock set units_on_hand = 2")
    cart = (await api.get("/v1/cart")).json()
    assert (cart["items"][0]["problem"], cart["can_be_ordered"]) == ("only 2 left", False)


async def test_another_browser_sees_and_touches_nothing_of_it(
    app: FastAPI, api: httpx.AsyncClient, product: dict[str, Any]
) -> None:
    line = (await add(api, product)).json()["items"][0]["cart_item_id"]
    async with client_of(app) as other:
        assert (await other.get("/v1/cart")).json()["items"] == []
        assert (await other.delete(f"/v1/cart/items/{line}")).status_code == 404


async def test_forged_session_cookie_opens_no_cart(app: FastAPI, api: httpx.AsyncClient, product: dict[str, Any]) -> None:
    await add(api, product)
    session_id = api.cookies["cy_session"].partition(".")[0]
    async with client_of(app, cookies={"cy_session": f"{session_id}.{'0' * 40}"}) as thief:
        assert (await thief.get("/v1/cart")).json()["items"] == []


async def test_guests_lines_join_the_customers_at_sign_in(app: FastAPI, shop: Shop, product: dict[str, Any]) -> None:
    person = make_user(shop)
    other = make_product(shop, product["seller_id"])
    async with client_of(app) as laptop:
        await laptop.post("/v1/sign-in", json={"email": person["email"], "password": PASSWORD})
        await add(laptop, product, 2)
        async with client_of(app) as phone:
            await add(phone, product, 3)
            await add(phone, other)
            await phone.post("/v1/sign-in", json={"email": person["email"], "password": PASSWORD})
            quantities = {item["product_id"]: item["quantity"] for item in (await phone.get("/v1/cart")).json()["items"]}
        assert quantities == {product["product_id"]: 5, other["product_id"]: 1}
        assert (await laptop.get("/v1/cart")).json()["item_count"] == 6
