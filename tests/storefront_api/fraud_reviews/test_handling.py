"""Cases given to colleagues, tagged and put off, through the endpoints and the forms of the desk."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from psycopg.types.json import Jsonb

from tests.factories import make_user
from tests.storefront_api.conftest import signed_in
from tests.storefront_api.fraud_reviews.factories import Shop, held_order, one


def in_hours(hours: float) -> str:
    return (datetime.now(UTC) + timedelta(hours=hours)).isoformat()


async def acted(client: httpx.AsyncClient, case: str, **act: Any) -> httpx.Response:
    return await client.post(f"/v1/fraud/cases/{case}/handling", json=act)


async def queue(client: httpx.AsyncClient, **filters: str) -> list[str]:
    found = await client.get("/v1/fraud/cases", params=filters)
    assert found.status_code == 200, found.text
    return [case["fraud_case_id"] for case in found.json()["items"]]


async def test_case_given_to_a_colleague_is_theirs_for_an_hour(shop: Shop, app: FastAPI) -> None:
    colleague = make_user(shop, role="analyst", full_name="Rahim Uddin")
    giver = await signed_in(app, make_user(shop, role="analyst", full_name="Mina")["email"])
    theirs = await signed_in(app, colleague["email"])
    case = held_order(shop)["case"]

    given = (await acted(giver, case, action="assign", analyst_id=colleague["user_id"])).json()

    assert (given["status"], given["claimed_by_name"]) == ("claimed", "Rahim Uddin")
    taken = await giver.post(f"/v1/fraud/cases/{case}/claim")
    assert (taken.status_code, taken.json()["code"]) == (409, "case_claimed")
    assert await queue(theirs, claimed_by=colleague["user_id"]) == [case]
    assert "1 case is yours" in (await theirs.get("/fraud")).text
    timeline = (await theirs.get(f"/v1/fraud/cases/{case}")).json()["timeline"]
    assert ("Fraud case assigned", "to Rahim Uddin, by Mina") in [(one["title"], one["detail"]) for one in timeline]
    shop.execute("update shop.fraud_cases set claimed_at = now() - interval '61 minutes'")
    assert await queue(giver, status="open") == [case], "it is free again by itself"


async def test_who_may_give_a_case_to_whom(shop: Shop, app: FastAPI) -> None:
    people = {name: make_user(shop, role=role) for name, role in
              {"holder": "analyst", "other": "analyst", "boss": "admin", "buyer": "customer"}.items()}  # fmt: skip
    gone = make_user(shop, role="analyst", is_active=False)
    clients = {name: await signed_in(app, people[name]["email"]) for name in ("holder", "other", "boss")}
    case, other = held_order(shop)["case"], people["other"]["user_id"]
    await clients["holder"].post(f"/v1/fraud/cases/{case}/claim")
    assert (await acted(clients["other"], case, action="assign", analyst_id=other)).status_code == 409
    for nobody in (people["buyer"]["user_id"], gone["user_id"], "none"):
        assert (await acted(clients["holder"], case, action="assign", analyst_id=nobody)).status_code == 422
    assert (await acted(clients["boss"], case, action="assign", analyst_id=other)).json()["claimed_by"] == other
    assert (await acted(clients["boss"], "none", action="assign", analyst_id=other)).status_code == 404


async def test_act_sent_again_changes_nothing_more(shop: Shop, app: FastAPI) -> None:
    giver, colleague = (make_user(shop, role="analyst") for _ in range(2))
    analyst, case = await signed_in(app, giver["email"]), held_order(shop)["case"]
    given = {"action": "assign", "analyst_id": colleague["user_id"]}
    acts = [{"action": "snooze", "until": in_hours(4), "reason": "one ring"}, given]
    for act in acts:
        first, again = [await acted(analyst, case, **act) for _ in range(2)]
        assert (first.status_code, again.status_code, again.json()) == (200, 200, first.json())
        audited = one(shop, "select count(*)::int as n from shop.audit_log where object_id = %s and action like %s", case,
                      f"fraud_case.{act['action']}%")  # fmt: skip
        assert audited["n"] == 1
    changed = {"action": "assign", "analyst_id": giver["user_id"]}
    assert (await acted(analyst, case, **changed)).status_code == 409, "the colleague's it stays"


async def test_snoozed_case_leaves_the_queue_and_returns_by_itself(shop: Shop, app: FastAPI) -> None:
    analyst = await signed_in(app, make_user(shop, role="analyst", full_name="Mina")["email"])
    late, other = held_order(shop, priority=90)["case"], held_order(shop, priority=10)["case"]
    await analyst.post(f"/v1/fraud/cases/{late}/claim")

    put_off = (await acted(analyst, late, action="snooze", until=in_hours(24), reason="the bank calls back")).json()

    assert (put_off["status"], put_off["claimed_by"], put_off["snooze_reason"]) == ("snoozed", None, "the bank calls back")
    assert (await queue(analyst), await queue(analyst, status="snoozed")) == ([other], [late])
    assert await queue(analyst, search=late) == [late], "who names it finds it"
    assert (await analyst.post("/v1/fraud/cases/claim-next", json={"search": late})).json() is None
    assert (await analyst.post("/v1/fraud/cases/claim-next", json={})).json()["fraud_case_id"] == other
    assert (await analyst.post("/v1/fraud/cases/claim-next", json={})).json() is None
    # A day later, as far as the case can tell.
    shop.execute("update shop.fraud_cases set snoozed_until = now() - interval '1 hour' where snoozed_until is not null")
    shop.execute("alter table shop.audit_log disable trigger all")
    shop.execute(
        "update shop.audit_log set occurred_at = now() - interval '1 day', details = %s where action = 'fraud_case.snoozed'",
        (Jsonb({"until": in_hours(-1)}),),
    )
    shop.execute("alter table shop.audit_log enable trigger all")
    assert await queue(analyst, status="open") == [late]
    case = (await analyst.get(f"/v1/fraud/cases/{late}")).json()
    assert (case["status"], case["snoozed_until"], case["snooze_reason"]) == ("open", None, None)
    said = {one["title"]: one["detail"] for one in case["timeline"]}
    assert "by Mina: the bank calls back" in said["Fraud case snoozed"]
    assert "Back in the queue by itself" in said


async def test_claim_ends_a_snooze_before_its_time(shop: Shop, app: FastAPI) -> None:
    analyst = await signed_in(app, make_user(shop, role="analyst")["email"])
    case = held_order(shop)["case"]
    await acted(analyst, case, action="snooze", until=in_hours(2), reason="waiting")
    assert (await analyst.post(f"/v1/fraud/cases/{case}/claim")).json()["status"] == "claimed"
    assert (await analyst.post(f"/v1/fraud/cases/{case}/release")).json()["status"] == "open"


@pytest.mark.parametrize(
    "act",
    [
        {"action": "snooze", "until": in_hours(-1), "reason": "past"},
        {"action": "snooze", "until": in_hours(24 * 8), "reason": "too long"},
        {"action": "snooze", "until": "2026-11-28T12:00:00", "reason": "of no zone"},
        {"action": "snooze", "until": in_hours(1), "reason": " x "},
        {"action": "tag", "tag": "<b>"},
        {"action": "tag", "tag": "x" * 31},
        {"action": "tag", "tag": "ring", "until": in_hours(1)},
        {"action": "forget"},
    ],
)
async def test_act_that_makes_no_sense_is_refused(shop: Shop, app: FastAPI, act: dict[str, str]) -> None:
    analyst = await signed_in(app, make_user(shop, role="analyst")["email"])
    assert (await acted(analyst, held_order(shop)["case"], **act)).status_code == 422


async def test_tags_narrow_the_queue_and_are_put_on_and_off_once(shop: Shop, app: FastAPI) -> None:
    analyst = await signed_in(app, make_user(shop, role="analyst")["email"])
    ring, plain = held_order(shop, priority=2)["case"], held_order(shop, priority=1)["case"]
    for _ in range(2):
        assert (await acted(analyst, ring, action="tag", tag=" Ring 7 ")).json()["tags"] == ["ring 7"]
    assert (await acted(analyst, ring, action="tag", tag="বন্ধু")).json()["tags"] == ["ring 7", "বন্ধু"]
    assert (await queue(analyst, tag="ring 7"), await queue(analyst, tag="ring")) == ([ring], [])
    assert (await analyst.post("/v1/fraud/cases/claim-next", json={"tag": "nothing"})).json() is None
    assert 'value="ring 7" selected' in (await analyst.get("/fraud?tag=ring+7")).text
    for number in range(6):
        assert (await acted(analyst, ring, action="tag", tag=f"tag {number}")).status_code == 200
    full = await acted(analyst, ring, action="tag", tag="one more")
    assert (full.status_code, full.json()["code"]) == (409, "too_many_tags")
    for _ in range(2):
        assert len((await acted(analyst, ring, action="untag", tag="ring 7")).json()["tags"]) == 7
    count = "select count(*)::int as n from shop.audit_log where action = %s"
    assert (one(shop, count, "fraud_case.tagged")["n"], one(shop, count, "fraud_case.untagged")["n"]) == (8, 1)
    assert await queue(analyst) == [ring, plain]


async def test_one_act_on_many_names_those_that_stay(shop: Shop, app: FastAPI) -> None:
    analyst, other = [await signed_in(app, make_user(shop, role="analyst")["email"]) for _ in range(2)]
    free, claimed = held_order(shop)["case"], held_order(shop)["case"]
    await other.post(f"/v1/fraud/cases/{claimed}/claim")
    act = {"action": "snooze", "until": in_hours(4), "reason": "one ring"}
    body = {"fraud_case_ids": [claimed, "none", free, free], "act": act}
    answer = (await analyst.post("/v1/fraud/cases/handling", json=body)).json()
    assert answer["handled"] == [free]
    assert {one["fraud_case_id"]: one["code"] for one in answer["refused"]} == {claimed: "case_claimed", "none": "not_found"}
    form = {"cases": [free, claimed], "action": "tag", "tag": "Ring", "outcome": "", "reason": "", "analyst_id": ""}
    page = await analyst.post("/fraud/handling", data=form)
    assert "2 cases tagged." in page.text
    assert (await analyst.post("/fraud/handling", data=form | {"tag": ""})).status_code == 422
    assert "No case was ticked" in (await analyst.post("/fraud/handling", data=form | {"cases": []})).text
    put_off = await analyst.post(f"/fraud/cases/{free}/handling", data={"action": "snooze", "hours": "4", "why": "later"})
    assert put_off.headers["location"] == "/fraud?told=snooze"
    refused = await analyst.post(f"/fraud/cases/{claimed}/handling", data={"action": "snooze", "hours": "4", "why": "later"})
    assert (refused.status_code, "was not carried out" in refused.text) == (409, True)
