"""The audit of the fraud desk: every act is there, can be found, and cannot be changed."""

import psycopg
import pytest
from fastapi import FastAPI

from tests.factories import make_user
from tests.storefront_api.conftest import signed_in
from tests.storefront_api.fraud_reviews.factories import Shop, held_order


async def test_every_act_is_written_down_and_found_by_each_filter(shop: Shop, app: FastAPI) -> None:
    person = make_user(shop, role="analyst", full_name="Rahim Uddin")
    analyst = await signed_in(app, person["email"])
    other = await signed_in(app, make_user(shop, role="admin", full_name="Sadia Khan")["email"])
    first, second = held_order(shop), held_order(shop)
    for path, body in (
        ("claim", None), ("release", None), ("notes", {"body": "look"}), ("decision", {"outcome": "fraud", "reason": "One ring"}),
    ):  # fmt: skip
        assert (await analyst.post(f"/v1/fraud/cases/{first['case']}/{path}", json=body)).is_success
    await other.post(f"/v1/fraud/cases/{second['case']}/claim")
    shop.execute("insert into shop.audit_log (action, object_type, object_id) values ('order.cancelled', 'order', 'x')")

    async def acts(**query: str) -> list[str]:
        return [entry["action"] for entry in (await analyst.get("/v1/fraud/audit", params=query)).json()["items"]]

    whole = ["claimed", "decided", "noted", "released", "claimed"]
    assert await acts() == [f"fraud_case.{act}" for act in whole]
    assert await acts(search="one RING") == ["fraud_case.decided"]
    assert await acts(search="sadia") == ["fraud_case.claimed"]
    assert await acts(search=second["case"]) == ["fraud_case.claimed"]
    assert await acts(action="fraud_case.noted") == ["fraud_case.noted"]
    assert len(await acts(actor_id=person["user_id"])) == 4
    assert await acts(occurred_before="2020-01-01T00:00:00Z") == []
    page = (await analyst.get("/v1/fraud/audit", params={"limit": "2"})).json()
    rest = (await analyst.get("/v1/fraud/audit", params={"limit": "50", "cursor": page["next_cursor"]})).json()
    assert [entry["action"] for entry in page["items"] + rest["items"]] == [f"fraud_case.{act}" for act in whole]
    assert rest["next_cursor"] is None
    assert (await analyst.get("/v1/fraud/audit", params={"cursor": "nonsense"})).status_code == 422
    with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
        shop.execute("delete from shop.audit_log")
