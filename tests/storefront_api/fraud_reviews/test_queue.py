"""The queue through its endpoints: filters, pages, the next case, and one finding for many."""

import asyncio
from datetime import UTC, datetime, timedelta

from fastapi import FastAPI

from models.fraud import decision
from storefront_api.fraud_reviews import risk
from tests.factories import insert, make_user
from tests.storefront_api.conftest import signed_in
from tests.storefront_api.fraud_reviews.factories import Shop, held_order, one


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


async def test_each_filter_narrows_by_what_it_says(shop: Shop, app: FastAPI) -> None:
    person = make_user(shop, role="analyst")
    analyst = await signed_in(app, person["email"])
    insert(shop, "shop.devices", {"device_id": "dev1", "family": "Chrome", "operating_system": "Android",
                                  "first_seen_at": datetime.now(UTC)})  # fmt: skip
    customer = make_user(shop, full_name="Amina Rahman")["user_id"]
    dear = held_order(shop, score=90, amount_minor=900_000, customer_id=customer, device_id="dev1")
    old = held_order(shop, score=70, opened_ago=timedelta(days=3))
    unscored = held_order(shop, score=None)
    await analyst.post(f"/v1/fraud/cases/{old['case']}/claim")
    asked = {
        "risk=highest": [dear], "risk=elevated": [old], "risk=normal": [], "risk=unscored": [unscored],
        "min_amount_minor=900000": [dear], "max_amount_minor=899999": [old, unscored],
        f"claimed_by={person['user_id']}": [old], "status=open": [dear, unscored], "search=aMINa": [dear],
        f"search={old['order']}": [old], f"search={old['case']}": [old], "search=%25": [],
        f"opened_before={(datetime.now(UTC) - timedelta(days=2)):%Y-%m-%dT%H:%M:%SZ}": [old],
    }  # fmt: skip
    for query, expected in asked.items():
        found = (await analyst.get(f"/v1/fraud/cases?order=oldest&{query}")).json()["items"]
        assert {case["fraud_case_id"] for case in found} == {case["case"] for case in expected}, query
    shown = (await analyst.get("/v1/fraud/cases?risk=highest")).json()["items"][0]
    assert (shown["risk"], shown["device_name"]) == ("highest", "Chrome on Android")
    assert (await analyst.get("/v1/fraud/cases?colour=red")).status_code == 422


async def test_pages_in_every_order_hold_each_case_once_though_cases_leave(shop: Shop, app: FastAPI) -> None:
    analyst = await signed_in(app, make_user(shop, role="analyst")["email"])
    for number in range(5):
        held_order(shop, score=None if number == 1 else 50 + number // 2, priority=number // 2, amount_minor=1000 * (number // 2))
    for order in ("priority", "score", "amount", "oldest", "newest"):
        whole = [case["fraud_case_id"] for case in (await analyst.get(f"/v1/fraud/cases?order={order}")).json()["items"]]
        seen, cursor = [], None
        while True:
            query = {"order": order, "limit": 2} | ({"cursor": cursor} if cursor else {})
            page = (await analyst.get("/v1/fraud/cases", params=query)).json()
            seen += [case["fraud_case_id"] for case in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert seen == whole, order
    first = (await analyst.get("/v1/fraud/cases?order=oldest&limit=2")).json()
    shop.execute("update shop.fraud_cases set status = 'closed' where fraud_case_id = %s", (first["items"][0]["fraud_case_id"],))
    query = {"order": "oldest", "cursor": first["next_cursor"]}
    assert len((await analyst.get("/v1/fraud/cases", params=query)).json()["items"]) == 3
    wrong = await analyst.get("/v1/fraud/cases", params=query | {"order": "newest"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "invalid_input")


async def test_analysts_who_start_at_once_get_different_cases(shop: Shop, app: FastAPI) -> None:
    analysts = [await signed_in(app, make_user(shop, role="analyst")["email"]) for _ in range(4)]
    cases = {held_order(shop, priority=number)["case"] for number in range(3)}
    answers = await asyncio.gather(*(analyst.post("/v1/fraud/cases/claim-next", json={}) for analyst in analysts))
    taken = [answer.json()["fraud_case_id"] for answer in answers if answer.json()]
    assert sorted(taken) == sorted(cases)
    assert one(shop, "select count(distinct claimed_by)::int as n from shop.fraud_cases")["n"] == 3


async def test_unsure_case_is_next_for_others_only(shop: Shop, app: FastAPI) -> None:
    first, second = [await signed_in(app, make_user(shop, role="analyst")["email"]) for _ in range(2)]
    urgent, other = held_order(shop, priority=90), held_order(shop, priority=10)
    answer = await first.post(f"/v1/fraud/cases/{urgent['case']}/decision", json={"outcome": "unsure", "reason": "no answer"})
    assert answer.json()["next_fraud_case_id"] == other["case"]
    assert (await first.post("/v1/fraud/cases/claim-next", json={})).json()["fraud_case_id"] == other["case"]
    assert (await first.post("/v1/fraud/cases/claim-next", json={})).json() is None
    assert (await second.post("/v1/fraud/cases/claim-next", json={})).json()["fraud_case_id"] == urgent["case"]


async def test_one_finding_for_many_names_those_that_stay(shop: Shop, app: FastAPI) -> None:
    analyst, other = [await signed_in(app, make_user(shop, role="analyst")["email"]) for _ in range(2)]
    held, claimed, moved = held_order(shop), held_order(shop), held_order(shop)
    await other.post(f"/v1/fraud/cases/{claimed['case']}/claim")
    shop.execute("update shop.orders set status = 'cancelled' where order_id = %s", (moved["order"],))
    ids = [held["case"], claimed["case"], "none", moved["case"]]
    body = {"fraud_case_ids": ids, "outcome": "fraud", "reason": "one ring"}
    answer = await analyst.post("/v1/fraud/cases/decisions", json=body, headers={"Idempotency-Key": "a"})
    assert answer.status_code == 200, answer.text
    assert sorted(answer.json()["decided"]) == sorted([held["case"], moved["case"]])
    refused = {one["fraud_case_id"]: one["code"] for one in answer.json()["refused"]}
    assert refused == {claimed["case"]: "case_claimed", "none": "not_found"}
    assert one(shop, "select status from shop.orders where order_id = %s", held["order"])["status"] == "declined"
    assert one(shop, "select status from shop.orders where order_id = %s", moved["order"])["status"] == "cancelled"
    assert one(shop, "select count(*)::int as n from shop.fraud_labels where outcome = 'fraud'")["n"] == 2
    again = await analyst.post("/v1/fraud/cases/decisions", json=body, headers={"Idempotency-Key": "a"})
    assert (again.json(), again.headers["idempotent-replayed"]) == (answer.json(), "true")
    without_reason = body | {"reason": "  "}
    assert (
        await analyst.post("/v1/fraud/cases/decisions", json=without_reason, headers={"Idempotency-Key": "b"})
    ).status_code == 422


def test_bands_begin_where_checkout_reviews_and_refuses() -> None:
    assert (risk.REVIEW_SCORE, risk.BLOCK_SCORE) == (decision.REVIEW_SCORE, decision.BLOCK_SCORE)
    assert [risk.level_of(score) for score in (None, 0, 64, 65, 74, 75, 99)] == [
        "unscored", "normal", "normal", "elevated", "elevated", "highest", "highest",
    ]  # fmt: skip
