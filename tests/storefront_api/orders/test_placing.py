"""Orders: one transaction, one effect, the last piece sold once, money that adds up."""

import asyncio
from typing import Any

import httpx
import psycopg
import pytest
from fastapi import FastAPI

from tests.factories import make_address, make_customisation, make_product, make_seller, make_user
from tests.storefront_api.conftest import client_of, signed_in

Shop = psycopg.Connection[dict[str, Any]]
CARD = {"method": "card", "token": "tok_visa"}


@pytest.fixture
def product(shop: Shop) -> dict[str, Any]:
    return make_product(shop, make_seller(shop)["seller_id"])


@pytest.fixture
def customer(shop: Shop) -> dict[str, Any]:
    user = make_user(shop)
    make_address(shop, user["user_id"])
    return user


@pytest.fixture
async def buyer(app: FastAPI, customer: dict[str, Any]) -> httpx.AsyncClient:
    return await signed_in(app, customer["email"])


async def place(client: httpx.AsyncClient, product_id: str, key: str = "k", quantity: int = 1, **body: Any) -> httpx.Response:
    order = {"items": [{"product_id": product_id, "quantity": quantity}], "payment": CARD} | body
    return await client.post("/v1/orders", json=order, headers={"Idempotency-Key": key})


def count(shop: Shop, table: str) -> int:
    row = shop.execute(f"select count(*)::int as n from shop.{table}").fetchone()  # type: ignore[arg-type]
    assert row is not None
    return int(row["n"])


def only_row(shop: Shop, table: str) -> dict[str, Any]:
    (row,) = shop.execute(f"select * from shop.{table}").fetchall()  # type: ignore[arg-type]
    return row


def units(shop: Shop, product_id: str) -> int:
    row = shop.execute("select units_on_hand from shop.stock where product_id = %s", (product_id,)).fetchone()
    assert row is not None
    return int(row["units_on_hand"])


async def test_order_leaves_every_trace_it_should(buyer: httpx.AsyncClient, shop: Shop, product: dict[str, Any]) -> None:
    engraving = make_customisation(shop, product["product_id"])
    line = {"product_id": product["product_id"], "quantity": 2, "choices": {engraving["customisation_id"]: "For Ma"}}
    answer = await place(buyer, "", items=[line])
    order = answer.json()
    assert answer.status_code == 201, answer.text
    # 2 x (1,000.00 + 50.00 engraving) + 60.00 parcel; commission 10 % of the goods
    assert (order["subtotal_minor"], order["shipping_minor"], order["total_minor"]) == (210_000, 6_000, 216_000)
    assert (order["status"], order["payment_outcome"]) == ("approved", "authorised")
    assert order["items"][0]["choices"] == [{"name": "Engraving", "value": "For Ma", "price_minor": 5_000}]
    assert units(shop, product["product_id"]) == 8
    item, charge = only_row(shop, "order_items"), only_row(shop, "transactions")
    assert (item["commission_minor"], item["total_minor"]) == (21_000, 216_000)
    assert (charge["kind"], charge["amount_minor"]) == ("charge", 216_000)
    attempt, decision = only_row(shop, "payment_attempts"), only_row(shop, "fraud_decisions")
    assert None not in (attempt["device_id"], attempt["shipping_address_hash"])
    assert attempt["card_token"].startswith("card_")
    assert "tok_visa" not in attempt["card_token"]
    assert (decision["is_fallback"], decision["probability"]) == (True, None)
    move, event = only_row(shop, "stock_moves"), only_row(shop, "events")
    assert (move["units_change"], move["reason"]) == (-2, "sale")
    assert (event["event_type"], event["quantity"]) == ("purchase", 2)
    topics = shop.execute("select topic from shop.outbox order by topic").fetchall()
    assert [row["topic"] for row in topics] == ["orders", "session_events"]


async def test_last_piece_is_sold_once(app: FastAPI, shop: Shop) -> None:
    last = make_product(shop, make_seller(shop)["seller_id"], units=1)["product_id"]
    buyers = []
    for _ in range(20):
        user = make_user(shop)
        make_address(shop, user["user_id"])
        buyers.append(await signed_in(app, user["email"]))
    answers = await asyncio.gather(*(place(buyer, last) for buyer in buyers))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 19
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"out_of_stock"}
    assert units(shop, last) == 0
    tables = ("orders", "order_items", "payment_attempts", "transactions", "fraud_decisions", "stock_moves")
    assert [count(shop, table) for table in tables] == [1] * 6


async def test_same_key_has_one_effect_and_one_answer(buyer: httpx.AsyncClient, shop: Shop, product: dict[str, Any]) -> None:
    first = await place(buyer, product["product_id"])
    second = await place(buyer, product["product_id"])
    assert second.json() == first.json()
    assert "idempotent-replayed" not in first.headers
    assert second.headers["idempotent-replayed"] == "true"
    assert count(shop, "orders") == 1


async def test_same_key_at_once_has_one_effect(buyer: httpx.AsyncClient, shop: Shop, product: dict[str, Any]) -> None:
    answers = await asyncio.gather(*(place(buyer, product["product_id"]) for _ in range(12)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.json()["order_id"] for answer in answers if answer.status_code == 201}) == 1
    assert count(shop, "orders") == 1


async def test_same_key_for_another_request_is_refused(buyer: httpx.AsyncClient, product: dict[str, Any]) -> None:
    await place(buyer, product["product_id"])
    other = await place(buyer, product["product_id"], quantity=2)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")


async def test_key_of_another_customer_is_another_key(
    app: FastAPI, buyer: httpx.AsyncClient, shop: Shop, product: dict[str, Any]
) -> None:
    user = make_user(shop)
    make_address(shop, user["user_id"])
    first, second = (
        await place(buyer, product["product_id"]),
        await place(await signed_in(app, user["email"]), product["product_id"]),
    )
    assert first.json()["order_id"] != second.json()["order_id"]


async def test_failed_try_leaves_the_key_free(buyer: httpx.AsyncClient, shop: Shop, product: dict[str, Any]) -> None:
    shop.execute("update shop.stock set units_on_hand = 0")
    assert (await place(buyer, product["product_id"])).status_code == 409
    shop.execute("update shop.stock set units_on_hand = 1")
    assert (await place(buyer, product["product_id"])).status_code == 201


async def test_key_is_needed(buyer: httpx.AsyncClient, product: dict[str, Any]) -> None:
    answer = await buyer.post("/v1/orders", json={"items": [{"product_id": product["product_id"]}], "payment": CARD})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "header/Idempotency-Key")


async def test_large_order_without_the_model_waits_for_a_person(
    buyer: httpx.AsyncClient, shop: Shop, product: dict[str, Any]
) -> None:
    order = (await place(buyer, product["product_id"], quantity=3)).json()
    assert (order["status"], order["payment_outcome"]) == ("held_for_review", "held")
    assert count(shop, "fraud_cases") == 1
    assert count(shop, "transactions") == 0


async def test_refused_card_declines_the_order_and_releases_its_pieces(
    buyer: httpx.AsyncClient, shop: Shop, product: dict[str, Any]
) -> None:
    order = (await place(buyer, product["product_id"], payment={"method": "card", "token": "tok_declined"})).json()
    assert (order["status"], order["payment_outcome"]) == ("declined", "declined")
    assert units(shop, product["product_id"]) == 10
    moves = shop.execute("select sum(units_change)::int as left_over from shop.stock_moves").fetchone()
    assert moves == {"left_over": 0}
    assert count(shop, "transactions") == 0


async def test_cash_on_delivery_charges_nothing_yet(buyer: httpx.AsyncClient, shop: Shop, product: dict[str, Any]) -> None:
    assert (await place(buyer, product["product_id"], payment={"method": "cod"})).json()["status"] == "approved"
    assert count(shop, "transactions") == 0


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"payment": {"method": "card", "token": "4242 4242 4242 4242"}}, "/payment/token"),
        ({"payment": {"method": "card"}}, "/payment"),
        ({"payment": CARD, "total_minor": 1}, "/total_minor"),
        ({"items": [{"product_id": "nothing"}]}, "/items/0/product_id"),
        ({"items": []}, "/items"),
        ({"shipping_address_id": "somebody-elses"}, "/shipping_address_id"),
    ],
)
async def test_order_that_cannot_be_is_refused_with_its_field(
    buyer: httpx.AsyncClient, shop: Shop, product: dict[str, Any], body: dict[str, Any], pointer: str
) -> None:
    answer = await place(buyer, product["product_id"], **body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    assert count(shop, "orders") == 0


async def test_required_customisation_left_out_is_refused_with_its_field(
    buyer: httpx.AsyncClient, shop: Shop, product: dict[str, Any]
) -> None:
    colour = make_customisation(
        shop,
        product["product_id"],
        kind="choice",
        is_required=True,
        choices=[{"value": "red", "label": "Red", "price_minor": 700}],
    )["customisation_id"]
    missing = await place(buyer, product["product_id"])
    wrong = await place(buyer, "", items=[{"product_id": product["product_id"], "choices": {colour: "blue"}}])
    right = await place(buyer, "", items=[{"product_id": product["product_id"], "choices": {colour: "red"}}])
    pointer = f"/items/0/choices/{colour}"
    assert [answer.json()["errors"][0]["pointer"] for answer in (missing, wrong)] == [pointer, pointer]
    assert right.json()["items"][0]["customisation_minor"] == 5_700


async def test_other_customers_order_does_not_exist(
    app: FastAPI, buyer: httpx.AsyncClient, shop: Shop, product: dict[str, Any]
) -> None:
    order_id = (await place(buyer, product["product_id"])).json()["order_id"]
    stranger = await signed_in(app, make_user(shop)["email"])
    assert (await buyer.get(f"/v1/orders/{order_id}")).status_code == 200
    assert (await stranger.get(f"/v1/orders/{order_id}")).status_code == 404
    assert (await stranger.post(f"/v1/orders/{order_id}/cancel")).status_code == 404
    assert (await stranger.get("/v1/orders")).json()["items"] == []


async def test_cancelled_order_returns_pieces_and_money(buyer: httpx.AsyncClient, shop: Shop, product: dict[str, Any]) -> None:
    order_id = (await place(buyer, product["product_id"])).json()["order_id"]
    cancelled = await buyer.post(f"/v1/orders/{order_id}/cancel", json={"reason": "changed my mind"})
    assert (cancelled.json()["status"], cancelled.json()["refunded_minor"]) == ("cancelled", 106_000)
    assert units(shop, product["product_id"]) == 10
    assert (await buyer.post(f"/v1/orders/{order_id}/cancel")).json()["code"] == "conflict"


async def test_shipped_order_cannot_be_cancelled(buyer: httpx.AsyncClient, shop: Shop, product: dict[str, Any]) -> None:
    order_id = (await place(buyer, product["product_id"])).json()["order_id"]
    shop.execute("update shop.orders set status = 'shipped'")
    assert (await buyer.post(f"/v1/orders/{order_id}/cancel")).status_code == 409


async def test_orders_come_in_pages_newest_first(buyer: httpx.AsyncClient, product: dict[str, Any]) -> None:
    made = [(await place(buyer, product["product_id"], key=f"k{number}")).json()["order_id"] for number in range(3)]
    first = (await buyer.get("/v1/orders", params={"limit": 2})).json()
    second = (await buyer.get("/v1/orders", params={"limit": 2, "cursor": first["next_cursor"]})).json()
    assert [row["order_id"] for row in first["items"] + second["items"]] == made[::-1]
    assert second["next_cursor"] is None
    assert (await buyer.get("/v1/orders", params={"cursor": "WzEsMl0"})).status_code == 422


async def test_guests_cart_is_ordered_after_signing_in(
    app: FastAPI, shop: Shop, customer: dict[str, Any], product: dict[str, Any]
) -> None:
    async with client_of(app) as browser:
        added = await browser.post("/v1/cart/items", json={"product_id": product["product_id"], "quantity": 2})
        assert added.status_code == 201, added.text
        await browser.post("/v1/sign-in", json={"email": customer["email"], "password": "customise-you"})
        headers = {"Idempotency-Key": "k", "x-csrf-token": browser.cookies["cy_csrf"]}
        order = await browser.post("/v1/orders", json={"payment": CARD}, headers=headers)
        assert (order.status_code, order.json()["items"][0]["quantity"]) == (201, 2)
        assert (await browser.get("/v1/cart")).json()["items"] == []
        again = await browser.post("/v1/orders", json={"payment": CARD}, headers=headers | {"Idempotency-Key": "other"})
        assert again.status_code == 422
