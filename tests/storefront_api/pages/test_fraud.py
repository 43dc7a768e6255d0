"""The fraud desk's pages: who may open and send what."""

import psycopg
from fastapi import FastAPI

from storefront_api.fraud_analytics.router import router as analytics_api
from storefront_api.fraud_audit.router import router as audit_api
from storefront_api.fraud_reviews.router import router as reviews_api
from storefront_api.pages import fraud, fraud_analytics, fraud_audit, fraud_case, fraud_report
from tests.factories import make_user
from tests.storefront_api.conftest import client_of, signed_in
from tests.storefront_api.fraud_reviews.factories import held_order
from tests.storefront_api.test_main import DESK, MATRIX

PAGES = [route for part in (fraud, fraud_case, fraud_analytics, fraud_report, fraud_audit) for route in part.router.routes]
FORM = {"outcome": "fraud", "reason": "because", "body": "a note", "cases": "none"}


async def test_each_page_and_form_of_the_desk_is_for_analysts_alone(app: FastAPI, shop: psycopg.Connection) -> None:
    case = held_order(shop)["case"]
    strangers = [await signed_in(app, make_user(shop, role=role)["email"]) for role in ("customer", "seller")]
    admin = await signed_in(app, make_user(shop, role="admin")["email"])
    assert len(PAGES) == 12
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


def test_matrix_of_roles_knows_every_operation_of_the_desk() -> None:
    asked = {(method, path.replace("/none", "/{fraud_case_id}")) for method, path, *_ in [*DESK, *MATRIX]}
    offered = {(next(iter(route.methods)), route.path) for api in (reviews_api, analytics_api, audit_api) for route in api.routes}  # type: ignore[attr-defined]
    assert offered <= asked
