"""A case through its endpoints: claiming, deciding, and what is shown around it, on hand-made attempts."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from fastapi import FastAPI

from tests.factories import insert, make_attempt, make_user
from tests.storefront_api.conftest import signed_in
from tests.storefront_api.fraud_reviews.factories import Shop, held_order, one


async def test_legitimate_order_goes_on_and_is_charged_once(shop: Shop, app: FastAPI) -> None:
    person = make_user(shop, role="analyst", full_name="Rahim Uddin")
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
    announced = one(shop, "select key, payload from shop.outbox where topic = 'fraud_labels'")
    assert (announced["key"], announced["payload"]["outcome"]) == (held["attempt"], "legitimate")
    again = await analyst.post(f"/v1/fraud/cases/{held['case']}/decision", json=decision | {"outcome": "fraud"})
    assert (again.status_code, again.json()["code"]) == (409, "case_closed")
    assert f"{person['full_name']} closed this case as legitimate" in again.json()["detail"]
    assert one(shop, "select count(*)::int as n from shop.fraud_labels")["n"] == 1


async def test_decision_sent_again_with_its_key_gets_the_first_answer(shop: Shop, app: FastAPI) -> None:
    analyst = await signed_in(app, make_user(shop, role="analyst")["email"])
    held = held_order(shop)
    path, key = f"/v1/fraud/cases/{held['case']}/decision", {"Idempotency-Key": "k"}
    decision = {"outcome": "legitimate", "reason": "confirmed by phone"}
    first, again = [await analyst.post(path, json=decision, headers=key) for _ in range(2)]
    assert (again.status_code, again.json(), again.headers["idempotent-replayed"]) == (200, first.json(), "true")
    other = await analyst.post(path, json=decision | {"outcome": "fraud"}, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")
    assert one(shop, "select count(*)::int as n from shop.transactions where kind = 'charge'")["n"] == 1


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
    first = await signed_in(app, make_user(shop, role="analyst", full_name="Rahim Uddin")["email"])
    second = await signed_in(app, make_user(shop, role="analyst")["email"])
    held = held_order(shop)
    assert (await first.post(f"/v1/fraud/cases/{held['case']}/claim")).json()["status"] == "claimed"
    decision = {"outcome": "fraud", "reason": "mine now"}
    refused = await second.post(f"/v1/fraud/cases/{held['case']}/decision", json=decision)
    assert (refused.status_code, refused.json()["code"]) == (409, "case_claimed")
    assert "Rahim Uddin" in refused.json()["detail"]
    shop.execute("update shop.fraud_cases set claimed_at = now() - interval '61 minutes'")
    assert (await second.get(f"/v1/fraud/cases/{held['case']}")).json()["status"] == "open"
    assert (await second.post(f"/v1/fraud/cases/{held['case']}/decision", json=decision)).status_code == 200


async def test_case_is_given_back_only_by_who_has_it(shop: Shop, app: FastAPI) -> None:
    mine = await signed_in(app, make_user(shop, role="analyst")["email"])
    other = await signed_in(app, make_user(shop, role="analyst")["email"])
    held = held_order(shop)
    await mine.post(f"/v1/fraud/cases/{held['case']}/claim")
    assert (await other.post(f"/v1/fraud/cases/{held['case']}/release")).status_code == 409
    given_back = await mine.post(f"/v1/fraud/cases/{held['case']}/release")
    assert (given_back.json()["status"], given_back.json()["claimed_by"]) == ("open", None)
    assert (await other.post(f"/v1/fraud/cases/{held['case']}/claim")).json()["status"] == "claimed"


async def test_note_is_kept_with_its_writer_and_can_never_be_changed(shop: Shop, app: FastAPI) -> None:
    analyst = await signed_in(app, make_user(shop, role="analyst", full_name="Rahim Uddin")["email"])
    held = held_order(shop)
    path = f"/v1/fraud/cases/{held['case']}"
    written = await analyst.post(f"{path}/notes", json={"body": " The courier knows the door. "})
    assert (written.status_code, written.json()["body"]) == (201, "The courier knows the door.")
    await analyst.post(f"{path}/decision", json={"outcome": "legitimate", "reason": "known door"})
    assert (await analyst.post(f"{path}/notes", json={"body": "Closed, but still"})).status_code == 201
    assert (await analyst.post(f"{path}/notes", json={"body": "  "})).status_code == 422
    case = (await analyst.get(path)).json()
    assert [note["body"] for note in case["notes"]] == ["The courier knows the door.", "Closed, but still"]
    assert "Note by Rahim Uddin" in [moment["title"] for moment in case["timeline"]]
    with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
        shop.execute("update shop.fraud_case_notes set body = 'other'")


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
    assert case["travel"] is None, "there was no attempt of this customer before"
    assert [(found["customer_name"], found["has_same_device"]) for found in case["linked_accounts"]] == [("Other Person", True)]
    assert [found["customer_id"] for found in case["related_attempts"]] == [other]
    assert [moment["title"] for moment in case["timeline"]][:2] == ["Account opened", "Payment attempted"]
