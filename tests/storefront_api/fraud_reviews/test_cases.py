"""A case through its endpoints: claiming, deciding, and what is shown around it, on hand-made attempts."""

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from fastapi import FastAPI

from tests.factories import insert, make_attempt, make_user
from tests.storefront_api.conftest import signed_in
from tests.storefront_api.fraud_reviews.factories import Shop, held_order, one, paid_order


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


@pytest.mark.parametrize("status", ["approved", "processing"])
async def test_fraud_on_an_order_that_is_not_shipped_stops_it_once(shop: Shop, app: FastAPI, status: str) -> None:
    person = make_user(shop, role="analyst")
    analyst = await signed_in(app, person["email"])
    paid = paid_order(shop, status=status)
    path, key = f"/v1/fraud/cases/{paid['case']}/decision", {"Idempotency-Key": "k"}
    decision = {"outcome": "fraud", "reason": "account taken over"}
    first, again = [await analyst.post(path, json=decision, headers=key) for _ in range(2)]
    assert (first.status_code, first.json()["order_status"], first.json()["is_order_cancelled"]) == (200, "cancelled", True)
    assert again.json() == first.json()
    assert (await analyst.post(path, json=decision)).status_code == 409
    assert one(shop, "select units_on_hand from shop.stock where product_id = %s", paid["product"])["units_on_hand"] == 5
    refund = one(shop, "select amount_minor, order_item_id, reason, requested_by from shop.refunds")
    assert refund == {
        "amount_minor": 100_000, "order_item_id": None, "reason": "account taken over", "requested_by": person["user_id"],
    }  # fmt: skip
    assert one(shop, "select sum(amount_minor)::int as n from shop.transactions where kind = 'refund'")["n"] == 100_000
    done = shop.execute("select action, actor_id, details from shop.audit_log where action <> 'refund' order by 1").fetchall()
    assert [(row["action"], row["actor_id"]) for row in done] == [
        ("fraud_case.decided", person["user_id"]), ("order.cancelled_as_fraud", person["user_id"]),
    ]  # fmt: skip
    assert done[1]["details"] == {"refunded_minor": 100_000}
    timeline = (await analyst.get(f"/v1/fraud/cases/{paid['case']}")).json()["timeline"]
    assert "Order cancelled as fraud" in [moment["title"] for moment in timeline]


async def test_bank_that_took_some_back_leaves_only_the_rest_to_refund(shop: Shop, app: FastAPI) -> None:
    analyst = await signed_in(app, make_user(shop, role="analyst")["email"])
    paid = paid_order(shop)
    told = {"chargeback_id": "bank-1", "order_id": paid["order"], "amount_minor": 70_000, "reason": "not recognised"}
    assert (await analyst.post("/v1/fraud/chargebacks", json=told)).status_code == 201
    await analyst.post(f"/v1/fraud/cases/{paid['case']}/decision", json={"outcome": "fraud", "reason": "the bank says so"})
    assert one(shop, "select sum(amount_minor)::int as n from shop.refunds")["n"] == 30_000


@pytest.mark.parametrize(
    ("status", "said"),
    [("approved", {"cancel_order": False}), ("shipped", {}), ("approved", {"outcome": "legitimate"}), ("refunded", {})],
)
async def test_order_goes_on_where_nobody_stops_it_or_nobody_can(
    shop: Shop, app: FastAPI, status: str, said: dict[str, Any]
) -> None:
    analyst = await signed_in(app, make_user(shop, role="analyst")["email"])
    paid = paid_order(shop, status=status)
    decision = {"outcome": "fraud", "reason": "seen too late"} | said
    answer = (await analyst.post(f"/v1/fraud/cases/{paid['case']}/decision", json=decision)).json()
    assert (answer["status"], answer["order_status"], answer["is_order_cancelled"]) == ("closed", status, False)
    assert one(shop, "select count(*)::int as n from shop.refunds")["n"] == 0
    assert one(shop, "select units_on_hand from shop.stock where product_id = %s", paid["product"])["units_on_hand"] == 4


async def test_page_offers_to_stop_what_is_not_shipped_and_says_what_came_of_it(shop: Shop, app: FastAPI) -> None:
    analyst = await signed_in(app, make_user(shop, role="analyst")["email"])
    stopped, kept, gone = paid_order(shop), paid_order(shop), paid_order(shop, status="shipped")
    form = {"outcome": "fraud", "reason": "account taken over", "then": "queue"}
    for paid, is_offered, ticked, told in (
        (stopped, True, {"cancel_order": "true"}, "cancelled"), (kept, True, {}, "fraud"),
        (gone, False, {"cancel_order": "true"}, "shipped"),
    ):  # fmt: skip
        path = f"/fraud/cases/{paid['case']}"
        page = (await analyst.get(path)).text
        assert ('name="cancel_order"' in page) is is_offered
        assert ("The order was shipped and stays as it is" in page) is not is_offered
        answer = await analyst.post(f"{path}/decision", data=form | ticked)
        assert answer.headers["location"] == f"/fraud?told={told}"
    assert "pieces are back on the shelf" in (await analyst.get("/fraud?told=cancelled")).text
    statuses = shop.execute("select status from shop.orders order by order_id").fetchall()
    assert [row["status"] for row in statuses] == ["cancelled", "approved", "shipped"]


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


async def test_case_shows_the_rings_that_were_known_at_the_attempt(shop: Shop, app: FastAPI) -> None:
    analyst = await signed_in(app, make_user(shop, role="analyst")["email"])
    insert(shop, "shop.devices", {"device_id": "dev1", "family": "Chrome", "first_seen_at": datetime.now(UTC)})
    held = held_order(shop, device_id="dev1")
    names = ("device_id", "device_ring_customer_count_90d", "device_ring_fraud_count_90d", "event_timestamp")
    for days, customers, frauds in ((-9, 2, 0), (-1, 4, 2), (1, 9, 9)):
        known_at = datetime.now(UTC) + timedelta(days=days)
        insert(shop, "features.device_rings", dict(zip(names, ("dev1", customers, frauds, known_at), strict=True)))
    case = (await analyst.get(f"/v1/fraud/cases/{held['case']}")).json()
    assert case["rings"] == {"customer": None, "device": {"customer_count": 4, "fraud_count": 2}}
    page = (await analyst.get(f"/fraud/cases/{held['case']}")).text
    assert [words for words in ("4 accounts", "2 known frauds", "not seen before that day") if words not in page] == []


@pytest.mark.parametrize(
    ("address", "same", "other"),
    [("203.0.113.7", "203.0.113.7", "203.0.113.8"), ("2001:db8:0:1::7", "2001:db8:0:1::9", "2001:db8:0:2::7")],
)
async def test_same_connection_within_a_week_is_shown_behind_stronger_links(
    shop: Shop, app: FastAPI, address: str, same: str, other: str
) -> None:
    analyst = await signed_in(app, make_user(shop, role="analyst")["email"])
    insert(shop, "shop.devices", {"device_id": "dev1", "family": "Chrome", "first_seen_at": datetime.now(UTC)})
    people = {name: make_user(shop, full_name=name)["user_id"] for name in ("Linked", "Neighbour", "Stranger", "Long ago")}
    for name, ip, days, device in (
        ("Linked", other, 20, "dev1"), ("Neighbour", same, 2, None), ("Stranger", other, 2, None), ("Long ago", same, 8, None),
    ):  # fmt: skip
        at = datetime.now(UTC) - timedelta(days=days)
        make_attempt(shop, people[name], ip_address=ip, device_id=device, attempted_at=at)
    held = held_order(shop, ip_address=address, device_id="dev1")
    case = (await analyst.get(f"/v1/fraud/cases/{held['case']}")).json()
    weak = [("Linked", True, False), ("Neighbour", False, True)]
    for list_name in ("linked_accounts", "related_attempts"):
        found = [(one["customer_name"], one["has_same_device"], one["has_same_connection"]) for one in case[list_name]]
        assert found == weak, list_name
    assert "A connection is weak evidence" in (await analyst.get(f"/fraud/cases/{held['case']}")).text
    assert case["ip_address"] == address
    assert address in (await analyst.get("/fraud")).text
    shop.execute("update shop.payment_attempts set ip_address = '127.0.0.1'")
    alone = (await analyst.get(f"/v1/fraud/cases/{held['case']}")).json()
    assert [one["customer_name"] for one in alone["linked_accounts"]] == ["Linked"], "everybody at this machine"
