"""Refunds: by whom, on what, and never more than was paid."""

import asyncio
from typing import Any

import httpx
import psycopg
import pytest
from fastapi import FastAPI

from tests.factories import make_address, make_product, make_seller, make_user
from tests.storefront_api.conftest import signed_in

Shop = psycopg.Connection[dict[str, Any]]


class Sale:
    """An order of 1,000.00 from one seller and 2 x 500.00 from another, both with a parcel of 60.00."""

    def __init__(self, order: dict[str, Any], sellers: list[httpx.AsyncClient], buyer: httpx.AsyncClient) -> None:
        self.order_id = order["order_id"]
        self.items = [item["order_item_id"] for item in order["items"]]
        self.sellers = sellers
        self.buyer = buyer

    async def refund(self, client: httpx.AsyncClient, amount_minor: int, item: int | None = 0, key: str = "k") -> httpx.Response:
        body = {"order_item_id": None if item is None else self.items[item], "amount_minor": amount_minor, "reason": "broken"}
        return await client.post(f"/v1/orders/{self.order_id}/refunds", json=body, headers={"Idempotency-Key": key})


@pytest.fixture
async def sale(app: FastAPI, shop: Shop) -> Sale:
    people = [make_user(shop, role="seller") for _ in range(2)]
    sellers = [make_seller(shop, user_id=person["user_id"]) for person in people]
    customer = make_user(shop)
    make_address(shop, customer["user_id"])
    lines = [
        {"product_id": make_product(shop, sellers[0]["seller_id"])["product_id"]},
        {"product_id": make_product(shop, sellers[1]["seller_id"], price_minor=50_000)["product_id"], "quantity": 2},
    ]
    buyer = await signed_in(app, customer["email"])
    body = {"items": lines, "payment": {"method": "card", "token": "tok_visa"}}
    order = await buyer.post("/v1/orders", json=body, headers={"Idempotency-Key": "k"})
    assert order.json()["status"] == "approved", order.text
    return Sale(order.json(), [await signed_in(app, person["email"]) for person in people], buyer)


@pytest.fixture
async def admin(app: FastAPI, shop: Shop) -> httpx.AsyncClient:
    return await signed_in(app, make_user(shop, role="admin")["email"])


async def test_seller_gives_back_part_of_their_own_line(sale: Sale, shop: Shop) -> None:
    made = await sale.refund(sale.sellers[0], 30_000)
    assert (made.status_code, made.json()["refundable_minor"]) == (201, 76_000)
    assert shop.execute("select kind, amount_minor from shop.transactions order by kind").fetchall() == [
        {"kind": "charge", "amount_minor": 212_000},
        {"kind": "refund", "amount_minor": 30_000},
    ]
    assert shop.execute("select action, reason from shop.audit_log").fetchall() == [{"action": "refund", "reason": "broken"}]
    assert (await sale.buyer.get(f"/v1/orders/{sale.order_id}")).json()["refunded_minor"] == 30_000


async def test_refunds_never_exceed_the_line_even_at_once(sale: Sale, shop: Shop) -> None:
    answers = await asyncio.gather(*(sale.refund(sale.sellers[0], 30_000, key=str(number)) for number in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] * 3 + [409] * 5  # 3 x 300.00 of 1,060.00
    total = shop.execute("select sum(amount_minor)::int as total from shop.refunds").fetchone()
    assert total == {"total": 90_000}


async def test_refunds_of_order_and_line_together_never_exceed_what_was_paid(
    sale: Sale, admin: httpx.AsyncClient, shop: Shop
) -> None:
    assert (await sale.refund(admin, 200_000, item=None)).status_code == 201
    assert (await sale.refund(sale.sellers[0], 20_000)).status_code == 409
    assert (await sale.refund(sale.sellers[0], 12_000)).status_code == 201
    assert shop.execute("select status from shop.orders").fetchone() == {"status": "refunded"}
    assert (await sale.refund(admin, 1, item=None, key="more")).status_code == 409


async def test_same_refund_sent_twice_is_made_once(sale: Sale, shop: Shop) -> None:
    first, second = await sale.refund(sale.sellers[0], 1_000), await sale.refund(sale.sellers[0], 1_000)
    assert first.json() == second.json()
    assert second.headers["idempotent-replayed"] == "true"
    assert len(shop.execute("select 1 from shop.refunds").fetchall()) == 1


async def test_seller_cannot_refund_anothers_line_nor_the_whole_order(sale: Sale, app: FastAPI, shop: Shop) -> None:
    assert (await sale.refund(sale.sellers[0], 100, item=1)).status_code == 404
    assert (await sale.refund(sale.sellers[0], 100, item=None)).status_code == 422
    person = make_user(shop, role="seller")
    make_seller(shop, user_id=person["user_id"])
    assert (await sale.refund(await signed_in(app, person["email"]), 100)).status_code == 404


async def test_unpaid_order_has_nothing_to_refund(sale: Sale, admin: httpx.AsyncClient, shop: Shop) -> None:
    shop.execute("delete from shop.transactions")
    assert (await sale.refund(admin, 1, item=None)).status_code == 409
