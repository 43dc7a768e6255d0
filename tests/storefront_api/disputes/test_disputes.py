"""Chargebacks and disputes are written once, become labels from the instant at which they are known, and leave an audit row."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import httpx
import psycopg
import pytest
from fastapi import FastAPI

from tests.factories import make_address, make_product, make_seller, make_user
from tests.storefront_api.conftest import signed_in

Shop = psycopg.Connection[dict[str, Any]]


@pytest.fixture
async def analyst(app: FastAPI, shop: Shop) -> httpx.AsyncClient:
    return await signed_in(app, make_user(shop, user_id="ana", role="analyst")["email"])


@pytest.fixture
async def buyer(app: FastAPI, shop: Shop) -> httpx.AsyncClient:
    user = make_user(shop, user_id="bela")
    make_address(shop, "bela")
    make_product(shop, make_seller(shop)["seller_id"], product_id="p", units=1000)
    return await signed_in(app, user["email"])


async def order(buyer: httpx.AsyncClient, quantity: int = 1) -> dict[str, Any]:
    body = {"items": [{"product_id": "p", "quantity": quantity}], "payment": {"method": "card", "token": "tok_visa"}}
    return dict((await buyer.post("/v1/orders", json=body, headers={"Idempotency-Key": f"k{quantity}"})).json())


def rows(shop: Shop, query: str) -> list[dict[str, Any]]:
    return shop.execute(query).fetchall()  # type: ignore[arg-type]


async def test_chargeback_told_twice_is_written_once_and_takes_no_more_than_was_paid(
    analyst: httpx.AsyncClient, buyer: httpx.AsyncClient, shop: Shop
) -> None:
    bought = await order(buyer)
    told = {"chargeback_id": "bank-1", "order_id": bought["order_id"], "amount_minor": 100_000, "reason": "not recognised"}
    before = datetime.now(UTC)
    first = await analyst.post("/v1/fraud/chargebacks", json=told)
    again = await analyst.post("/v1/fraud/chargebacks", json=told)
    assert (first.status_code, first.json()) == (201, again.json())
    stored = rows(shop, "select * from shop.chargebacks")
    attempt = rows(shop, "select payment_attempt_id from shop.payment_attempts")[0]
    assert [row["payment_attempt_id"] for row in stored] == [attempt["payment_attempt_id"]]
    assert before <= stored[0]["received_at"] <= datetime.now(UTC), "nothing was known before it was told"
    moved = rows(shop, "select kind, amount_minor from shop.transactions order by kind")
    assert moved == [{"kind": "charge", "amount_minor": 106_000}, {"kind": "chargeback", "amount_minor": 100_000}]
    assert [row["action"] for row in rows(shop, "select action from shop.audit_log")] == ["chargeback.recorded"]

    other = await analyst.post("/v1/fraud/chargebacks", json=told | {"amount_minor": 5})
    assert "other contents" in other.json()["detail"]
    more = await analyst.post("/v1/fraud/chargebacks", json=told | {"chargeback_id": "bank-2"})
    assert (more.status_code, more.json()["detail"][:12]) == (409, "at most 6000")
    assert len((await analyst.get("/v1/fraud/chargebacks")).json()) == 1


async def test_order_that_nobody_paid_has_no_chargeback(analyst: httpx.AsyncClient, buyer: httpx.AsyncClient) -> None:
    held = await order(buyer, quantity=9)
    assert held["status"] == "held_for_review"
    told = {"chargeback_id": "bank-1", "order_id": held["order_id"], "amount_minor": 100, "reason": "not recognised"}
    assert (await analyst.post("/v1/fraud/chargebacks", json=told)).status_code == 409
    assert (await analyst.post("/v1/fraud/chargebacks", json=told | {"order_id": "none"})).status_code == 404


async def test_outcome_of_a_dispute_becomes_one_label(
    app: FastAPI, analyst: httpx.AsyncClient, buyer: httpx.AsyncClient, shop: Shop
) -> None:
    bought = await order(buyer)
    path = f"/v1/orders/{bought['order_id']}/disputes"
    stranger = await signed_in(app, make_user(shop)["email"])
    assert (await stranger.post(path, json={"reason": "not mine either"})).status_code == 404
    opened = await buyer.post(path, json={"reason": "I never ordered this"})
    assert opened.status_code == 201
    assert (await buyer.post(path, json={"reason": "I say it again"})).json() == opened.json()
    assert [row["order_id"] for row in (await analyst.get("/v1/fraud/disputes?status=open")).json()] == [bought["order_id"]]

    decide = f"/v1/fraud/disputes/{opened.json()['dispute_id']}/outcome"
    found = {"outcome": "fraud", "reason": "the parcel went to a stranger"}
    for _ in range(2):
        assert (await analyst.post(decide, json=found)).json()["outcome"] == "fraud"
    assert (await analyst.post(decide, json=found | {"outcome": "legitimate"})).status_code == 409
    (label,) = rows(shop, "select * from shop.fraud_labels")
    assert (label["outcome"], label["label_source"], label["labelled_by"]) == ("fraud", "dispute", "ana")
    assert label["labelled_at"] > rows(shop, "select attempted_at from shop.payment_attempts")[0]["attempted_at"]
    done = rows(shop, "select action, actor_id from shop.audit_log order by audit_id")
    assert [(row["action"], row["actor_id"]) for row in done] == [("dispute.opened", "bela"), ("dispute.decided", "ana")]
    assert (await analyst.get("/v1/fraud/disputes?status=open")).json() == []


async def test_customers_neither_see_nor_decide(buyer: httpx.AsyncClient) -> None:
    for path in ("/v1/fraud/chargebacks", "/v1/fraud/disputes"):
        assert (await buyer.get(path)).status_code == 403
    for path in ("/v1/fraud/chargebacks", "/v1/fraud/disputes/x/outcome"):
        assert (await buyer.post(path, json={})).status_code == 403


async def test_order_is_disputed_and_decided_on_the_pages(
    analyst: httpx.AsyncClient, buyer: httpx.AsyncClient, shop: Shop
) -> None:
    bought = await order(buyer)
    page = f"/orders/{bought['order_id']}"
    assert "I did not place this order" in (await buyer.get(page)).text
    assert (await buyer.post(f"{page}/dispute", data={"reason": "never seen"})).status_code == 303
    assert "Somebody is looking at it" in (await buyer.get(page)).text
    assert "never seen" in (await analyst.get("/fraud/disputes")).text
    (dispute,) = rows(shop, "select dispute_id from shop.disputes")
    path = f"/fraud/disputes/{dispute['dispute_id']}/outcome"
    assert (await analyst.post(path, data={"outcome": "unsure", "reason": "cannot tell"})).status_code == 422
    assert (await analyst.post(path, data={"outcome": "fraud", "reason": "account taken over"})).status_code == 303
    assert "You were right" in (await buyer.get(page)).text

    told = {"chargeback_id": "bank-7", "order_id": bought["order_id"], "amount": "1060.00", "reason": "not recognised"}
    for _ in range(2):
        assert (await analyst.post("/fraud/chargebacks", data=told)).status_code == 303
    assert "bank-7" in (await analyst.get("/fraud/disputes")).text
    assert "other contents" in (await analyst.post("/fraud/chargebacks", data=told | {"amount": "1"})).text
    assert (await buyer.get("/fraud/disputes")).status_code == 403


async def test_dispute_and_chargeback_stop_what_is_not_shipped_and_stand_in_the_audit(
    analyst: httpx.AsyncClient, buyer: httpx.AsyncClient, shop: Shop
) -> None:
    first, second = await order(buyer), await order(buyer, quantity=2)
    shop.execute(
        "insert into shop.fraud_cases (fraud_case_id, payment_attempt_id, order_id, priority, opened_at)"
        " select 'case-1', payment_attempt_id, order_id, 1, now() from shop.payment_attempts where order_id = %s",
        (first["order_id"],),
    )
    await buyer.post(f"/v1/orders/{first['order_id']}/disputes", json={"reason": "never seen"})
    page = (await analyst.get("/fraud/disputes")).text
    assert f'<a href="/fraud/cases/case-1">case of {first["order_id"]}</a>' in page
    (dispute,) = (await analyst.get("/v1/fraud/disputes")).json()
    assert (dispute["fraud_case_id"], dispute["order_status"]) == ("case-1", "approved")
    tick = {"cancel_order": "true"}
    path = f"/fraud/disputes/{dispute['dispute_id']}/outcome"
    assert (await analyst.post(path, data={"outcome": "fraud", "reason": "taken over"} | tick)).status_code == 303
    told = {"chargeback_id": "bank-1", "order_id": second["order_id"], "amount": "2000.00", "reason": "not recognised"}
    for _ in range(2):
        assert (await analyst.post("/fraud/chargebacks", data=told | tick)).status_code == 303
    assert [row["status"] for row in rows(shop, "select status from shop.orders")] == ["cancelled"] * 2
    assert rows(shop, "select units_on_hand from shop.stock") == [{"units_on_hand": 1000}]
    money = rows(
        shop,
        "select sum(amount_minor) filter (where kind = 'charge') as paid,"
        " sum(amount_minor) filter (where kind <> 'charge') as returned from shop.transactions",
    )[0]
    assert money["paid"] == money["returned"]

    entries = (await analyst.get("/v1/fraud/audit")).json()["items"]
    assert [(entry["action"], entry["object_id"], entry["fraud_case_id"]) for entry in entries] == [
        ("order.cancelled_as_fraud", second["order_id"], None),
        ("chargeback.recorded", second["order_id"], None),
        ("order.cancelled_as_fraud", first["order_id"], "case-1"),
        ("dispute.decided", first["order_id"], "case-1"),
    ]
    assert f'<a href="/fraud/cases/case-1">order {first["order_id"]}</a>' in (await analyst.get("/fraud/audit")).text


async def test_what_is_told_again_with_the_tick_stops_the_order_as_well(
    analyst: httpx.AsyncClient, buyer: httpx.AsyncClient, shop: Shop
) -> None:
    first, second = await order(buyer), await order(buyer, quantity=2)
    await buyer.post(f"/v1/orders/{first['order_id']}/disputes", json={"reason": "never seen"})
    (dispute,) = (await analyst.get("/v1/fraud/disputes")).json()
    path = f"/v1/fraud/disputes/{dispute['dispute_id']}/outcome"
    told = {"chargeback_id": "bank-1", "order_id": second["order_id"], "amount_minor": 1000, "reason": "not recognised"}
    for cancel_order in (False, True, True):
        said = {"outcome": "fraud", "reason": "taken over", "cancel_order": cancel_order}
        assert (await analyst.post(path, json=said)).is_success
        assert (await analyst.post("/v1/fraud/chargebacks", json=told | {"cancel_order": cancel_order})).is_success
        wanted = "cancelled" if cancel_order else "approved"
        assert [row["status"] for row in rows(shop, "select status from shop.orders")] == [wanted] * 2
    assert rows(shop, "select count(*) from shop.fraud_labels where label_source = 'dispute'") == [{"count": 1}]


async def test_a_dispute_and_a_case_of_one_order_decided_at_once_wait_for_each_other(
    analyst: httpx.AsyncClient, buyer: httpx.AsyncClient, shop: Shop
) -> None:
    for number in range(2):
        placed = await order(buyer, quantity=number + 1)
        shop.execute(
            "insert into shop.fraud_cases (fraud_case_id, payment_attempt_id, order_id, priority, opened_at)"
            " select %s, payment_attempt_id, order_id, 1, now() from shop.payment_attempts where order_id = %s",
            (f"case-{number}", placed["order_id"]),
        )
        dispute = (await buyer.post(f"/v1/orders/{placed['order_id']}/disputes", json={"reason": "never seen"})).json()
        said = {"outcome": "fraud", "reason": "taken over", "cancel_order": True}
        answers = await asyncio.gather(
            analyst.post(f"/v1/fraud/disputes/{dispute['dispute_id']}/outcome", json=said),
            analyst.post(f"/v1/fraud/cases/case-{number}/decision", json=said),
        )
        assert [answer.is_success for answer in answers] == [True, True], [answer.text for answer in answers]
    assert {row["status"] for row in rows(shop, "select status from shop.orders")} == {"cancelled"}
