"""The fraud desk's pages: who may open and send what."""

import psycopg
from fastapi import FastAPI

from storefront_api.fraud_analytics.router import router as analytics_api
from storefront_api.fraud_audit.router import router as audit_api
from storefront_api.fraud_reviews.router import router as reviews_api
from storefront_api.pages import fraud, fraud_analytics, fraud_audit, fraud_case, fraud_case_lists, fraud_handling, fraud_report
from tests.factories import make_user
from tests.storefront_api.conftest import client_of, signed_in
from tests.storefront_api.fraud_reviews.factories import held_order
from tests.storefront_api.test_main import DESK, MATRIX

PAGES = [
    route
    for part in (fraud, fraud_case, fraud_case_lists, fraud_handling, fraud_analytics, fraud_report, fraud_audit)
    for route in part.router.routes
]
FORM = {"outcome": "fraud", "reason": "because", "body": "a note", "cases": "none", "list_name": "blocked", "kind": "customer",
        "rule_name": "none", "action": "tag", "tag": "ring"}  # fmt: skip


async def test_each_page_and_form_of_the_desk_is_for_analysts_alone(app: FastAPI, shop: psycopg.Connection) -> None:
    case = held_order(shop)["case"]
    strangers = [await signed_in(app, make_user(shop, role=role)["email"]) for role in ("customer", "seller")]
    admin = await signed_in(app, make_user(shop, role="admin")["email"])
    assert len(PAGES) == 16
    for route in PAGES:
        path, method = route.path.replace("{fraud_case_id}", case), next(iter(route.methods))  # type: ignore[attr-defined]
        data = FORM if method == "POST" else None
        async with client_of(app) as guest:
            assert (await guest.request(method, path, data=data)).status_code == 401, path
            seen = await guest.request(method, path, data=data, headers={"accept": "text/html"})
            assert seen.status_code == (303 if method == "GET" else 401), path
        for stranger in strangers:
            assert (await stranger.request(method, path, data=data)).status_code == 403, path
    assert shop.execute("select status from shop.fraud_cases").fetchall() == [{"status": "open"}], "nobody did anything"
    for route in PAGES:
        if "GET" in route.methods:  # type: ignore[attr-defined]
            assert (await admin.get(route.path.replace("{fraud_case_id}", case))).status_code == 200  # type: ignore[attr-defined]


async def test_case_puts_what_it_was_paid_with_on_a_list_and_snoozes_a_rule_for_it(
    app: FastAPI, shop: psycopg.Connection
) -> None:
    analyst = await signed_in(app, make_user(shop, role="analyst")["email"])
    rule = (await analyst.get("/v1/fraud/rules/at-work")).json()["document"]["rules"][0]["name"]
    held = held_order(shop, card_token="token-of-the-card")
    path = f"/fraud/cases/{held['case']}"
    listed = await analyst.post(f"{path}/lists", data={"list_name": "blocked", "kind": "card", "reason": "stolen card"})
    assert listed.headers["location"] == f"{path}?told=blocked"
    assert shop.execute("select list_name, kind, value, reason from shop.fraud_list_entries").fetchall() == [
        {"list_name": "blocked", "kind": "card", "value": "token-of-the-card", "reason": "stolen card"}
    ]
    snoozed = await analyst.post(f"{path}/snoozes", data={"rule_name": rule, "kind": "customer", "reason": "known buyer"})
    assert snoozed.headers["location"] == f"{path}?told=snoozed"
    assert shop.execute("select rule_name, kind from shop.fraud_rule_snoozes").fetchall() == [
        {"rule_name": rule, "kind": "customer"}
    ]
    unknown = await analyst.post(f"{path}/lists", data={"list_name": "blocked", "kind": "device", "reason": "stolen"})
    assert unknown.status_code == 422
    assert "on the list blocked" in (await analyst.get(f"{path}?told=blocked")).text


def test_matrix_of_roles_knows_every_operation_of_the_desk() -> None:
    asked = {(method, path.replace("/none", "/{fraud_case_id}")) for method, path, *_ in [*DESK, *MATRIX]}
    offered = {(next(iter(route.methods)), route.path) for api in (reviews_api, analytics_api, audit_api) for route in api.routes}  # type: ignore[attr-defined]
    assert offered <= asked
