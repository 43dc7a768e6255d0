"""The fraud queue and cases through their endpoints, on hand-made attempts."""

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from fastapi import FastAPI
from psycopg.types.json import Jsonb

from tests.factories import insert, make_address, make_attempt, make_product, make_seller, make_user
from tests.storefront_api.conftest import client_of, signed_in

Shop = psycopg.Connection[dict[str, Any]]


def held_order(shop: Shop, *, score: int | None = 80, priority: int = 80, **attempt: Any) -> dict[str, str]:
    """An order of one piece for 1,000.00 BDT that waits for a review, with its case."""
    number = shop.execute("select count(*) as n from shop.orders").fetchone()["n"]  # type: ignore[index]
    customer = attempt.pop("customer_id", None) or make_user(shop)["user_id"]
    address = make_address(shop, customer)
    seller = make_seller(shop)["seller_id"]
    product = make_product(shop, seller, units=4)["product_id"]
    now = datetime.now(UTC) - timedelta(minutes=10)
    order_id = f"o{number}"
    insert(
        shop,
        "shop.orders",
        {
            "order_id": order_id, "customer_id": customer, "status": "held_for_review", "currency": "BDT",
            "subtotal_minor": 100_000, "total_minor": 100_000, "ordered_at": now, "shipping_address_id": address["address_id"],
        },
    )  # fmt: skip
    insert(
        shop,
        "shop.order_items",
        {
            "order_item_id": f"i{number}", "order_id": order_id, "line_number": 1, "product_id": product, "seller_id": seller,
            "quantity": 1, "unit_price_minor": 100_000, "total_minor": 100_000, "currency": "BDT",
        },
    )  # fmt: skip
    insert(
        shop,
        "shop.stock_moves",
        {"stock_move_id": f"m{number}", "product_id": product, "order_id": order_id, "units_change": -1, "reason": "sale",
         "moved_at": now},
    )  # fmt: skip
    made = make_attempt(
        shop,
        customer,
        order_id=order_id,
        outcome="held",
        attempted_at=now,
        shipping_address_id=address["address_id"],
        billing_address_id=address["address_id"],
        **attempt,
    )
    insert(
        shop,
        "shop.fraud_decisions",
        {
            "fraud_decision_id": f"d{number}", "payment_attempt_id": made["payment_attempt_id"], "order_id": order_id,
            "decision": "review", "score": score, "probability": None if score is None else score / 100,
            "reasons": Jsonb([{"feature": "device_customers_24h", "sentence": "3 customers here", "contribution": 1.2}]),
            "features": Jsonb({"device_customers_24h": 3, "amount_ratio_to_mean": 2.5}), "model_name": "fraud",
            "model_version": "7", "rules_version": "r1", "is_fallback": score is None, "latency_ms": 4.2, "decided_at": now,
        },
    )  # fmt: skip
    insert(
        shop,
        "shop.fraud_cases",
        {"fraud_case_id": f"case{number}", "payment_attempt_id": made["payment_attempt_id"], "order_id": order_id,
         "priority": priority, "opened_at": now},
    )  # fmt: skip
    return {"case": f"case{number}", "order": order_id, "product": product, "attempt": made["payment_attempt_id"]}


def one(shop: Shop, query: str, *parameters: Any) -> dict[str, Any]:
    row = shop.execute(query, parameters).fetchone()  # type: ignore[call-overload]
    assert row is not None
    return row  # type: ignore[no-any-return]


async def test_most_urgent_case_stands_first_and_filters_narrow(shop: Shop, app: FastAPI) -> None:
    analyst = await signed_in(app, make_user(shop, role="analyst")["email"])
    low, high = held_order(shop, score=20, priority=20), held_order(shop, score=90, priority=90)
    cases = (await analyst.get("/v1/fraud/cases")).json()["items"]
    assert [case["fraud_case_id"] for case in cases] == [high["case"], low["case"]]
    assert [case["score"] for case in (await analyst.get("/v1/fraud/cases?min_score=50")).json()["items"]] == [90]
    assert (await analyst.get("/v1/fraud/cases?status=closed")).json()["items"] == []
    first = (await analyst.get("/v1/fraud/cases?limit=1")).json()
    second = (await analyst.get("/v1/fraud/cases", params={"limit": 1, "cursor": first["next_cursor"]})).json()
    assert [case["fraud_case_id"] for case in second["items"]] == [low["case"]]


async def test_legitimate_order_goes_on_and_is_charged_once(shop: Shop, app: FastAPI) -> None:
    person = make_user(shop, role="analyst")
    analyst = await signed_in(app, person["email"])
    held = held_order(shop)
    decision = {"outcome": "legitimate", "reason": "confirmed by phone"}
    answer = await analyst.post(f"/v1/fraud/cases/{held['case']}/decision", json=decision)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["status"], answer.json()["order_status"]) == ("closed", "approved")
    label = one(shop, "select outcome, label_source, reason, labelled_by from shop.fraud_labels")
    assert label == {
        "outcome": "legitimate",
        "label_source": "analyst",
        "reason": "confirmed by phone",
        "labelled_by": person["user_id"],
    }
    assert one(shop, "select sum(amount_minor)::int as n from shop.transactions where kind = 'charge'")["n"] == 100_000
    audit = one(shop, "select actor_id, reason from shop.audit_log where action = 'fraud_case.decided'")
    assert audit == {"actor_id": person["user_id"], "reason": "confirmed by phone"}
    again = await analyst.post(f"/v1/fraud/cases/{held['case']}/decision", json=decision)
    assert again.status_code == 409
    assert one(shop, "select count(*)::int as n from shop.fraud_labels")["n"] == 1


async def test_fraudulent_order_is_declined_and_its_piece_is_back_on_the_shelf(shop: Shop, app: FastAPI) -> None:
    analyst = await signed_in(app, make_user(shop, role="analyst")["email"])
    held = held_order(shop)
    answer = await analyst.post(
        f"/v1/fraud/cases/{held['case']}/decision", json={"outcome": "fraud", "reason": "device of a ring"}
    )
    assert answer.json()["order_status"] == "declined"
    assert one(shop, "select units_on_hand from shop.stock where product_id = %s", held["product"])["units_on_hand"] == 5
    assert one(shop, "select count(*)::int as n from shop.transactions")["n"] == 0


async def test_unsure_is_a_label_but_the_case_waits_on(shop: Shop, app: FastAPI) -> None:
    analyst = await signed_in(app, make_user(shop, role="analyst")["email"])
    held = held_order(shop)
    answer = await analyst.post(f"/v1/fraud/cases/{held['case']}/decision", json={"outcome": "unsure", "reason": "no answer"})
    assert (answer.json()["status"], answer.json()["order_status"]) == ("open", "held_for_review")
    assert (await analyst.get(f"/v1/fraud/cases/{held['case']}")).json()["labels"][0]["outcome"] == "unsure"


async def test_claimed_case_is_closed_to_others_for_an_hour(shop: Shop, app: FastAPI) -> None:
    first = await signed_in(app, make_user(shop, role="analyst")["email"])
    second = await signed_in(app, make_user(shop, role="analyst")["email"])
    held = held_order(shop)
    assert (await first.post(f"/v1/fraud/cases/{held['case']}/claim")).json()["status"] == "claimed"
    decision = {"outcome": "fraud", "reason": "mine now"}
    assert (await second.post(f"/v1/fraud/cases/{held['case']}/decision", json=decision)).status_code == 409
    shop.execute("update shop.fraud_cases set claimed_at = now() - interval '61 minutes'")
    assert (await second.get(f"/v1/fraud/cases/{held['case']}")).json()["status"] == "open"
    assert (await second.post(f"/v1/fraud/cases/{held['case']}/decision", json=decision)).status_code == 200


async def test_case_shows_counters_distances_and_who_shares_the_device(shop: Shop, app: FastAPI) -> None:
    analyst = await signed_in(app, make_user(shop, role="analyst")["email"])
    insert(shop, "shop.devices", {"device_id": "dev1", "family": "Chrome", "first_seen_at": datetime.now(UTC)})
    other = make_user(shop, full_name="Other Person")["user_id"]
    make_attempt(shop, other, device_id="dev1", attempted_at=datetime.now(UTC) - timedelta(days=1))
    # from Chattogram (22.36 N, 91.78 E) to Dhaka (23.8 N, 90.4 E): 1.44° of latitude, 1.38° of longitude, about 213 km
    held = held_order(shop, device_id="dev1", ip_country_code="BD", ip_latitude=22.36, ip_longitude=91.78)
    # an order is written a moment before its attempt to pay
    shop.execute("update shop.orders set ordered_at = ordered_at - interval '1 second' where order_id = %s", (held["order"],))
    case = (await analyst.get(f"/v1/fraud/cases/{held['case']}")).json()
    assert case["history"]["order_count"] == 0, "the order under review is no part of the past"
    assert case["velocity"] == {"device_customers_24h": 3}
    distances = {distance["between"]: distance["km"] for distance in case["distances"]}
    assert 212 < distances["network to parcel"] < 215
    assert distances["parcel to card"] == 0
    assert [(found["customer_name"], found["has_same_device"]) for found in case["linked_accounts"]] == [("Other Person", True)]
    assert [found["customer_id"] for found in case["related_attempts"]] == [other]
    assert [moment["title"] for moment in case["timeline"]][:2] == ["Account opened", "Payment attempted"]


async def test_only_analysts_and_admins_see_cases(shop: Shop, app: FastAPI) -> None:
    held = held_order(shop)
    assert (await client_of(app).get("/v1/fraud/cases")).status_code == 401
    for role, status in (("customer", 403), ("seller", 403), ("analyst", 200), ("admin", 200)):
        client = await signed_in(app, make_user(shop, role=role)["email"])
        assert (await client.get(f"/v1/fraud/cases/{held['case']}")).status_code == status, role
    missing = await client.get("/v1/fraud/cases/none")
    assert missing.status_code == 404
