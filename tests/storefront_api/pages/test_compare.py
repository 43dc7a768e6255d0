"""Two models side by side: who may look, at whom, and that looking leaves nothing behind."""

from typing import Any

import psycopg
import pytest
from fastapi import FastAPI

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
