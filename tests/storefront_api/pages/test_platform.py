"""The platform's pages: who may open them, and what they say before there are figures."""

import psycopg
from fastapi import FastAPI

from storefront_api.pages import platform, platform_outlook
from storefront_api.platform_analytics.tables import ROW_TABLES
from tests.factories import make_seller, make_user
from tests.storefront_api.conftest import client_of, signed_in

PATHS = [
    route.path.replace("{table}", table)  # type: ignore[attr-defined]
    for part in (platform, platform_outlook)
    for route in part.router.routes
    for table in (ROW_TABLES if "{table}" in route.path else [""])  # type: ignore[attr-defined]
]


async def test_each_page_and_file_is_for_administrators_alone(app: FastAPI, shop: psycopg.Connection) -> None:
    seller = make_user(shop, role="seller")
    make_seller(shop, user_id=seller["user_id"])
    strangers = [seller, *(make_user(shop, role=role) for role in ("customer", "analyst"))]
    clients = [await signed_in(app, stranger["email"]) for stranger in strangers]
    admin = await signed_in(app, make_user(shop, role="admin")["email"])
    assert len(PATHS) == 6 + 2 * len(ROW_TABLES)
    for path in PATHS:
        async with client_of(app) as guest:
            assert (await guest.get(path)).status_code == 401, path
            seen = await guest.get(path, headers={"accept": "text/html"})
            assert (seen.status_code, seen.headers["location"].split("?")[0]) == (303, "/sign-in"), path
        for client in clients:
            answer = await client.get(path)
            assert answer.status_code == 403, path
            assert "revenue" not in answer.text.lower(), path
        assert (await admin.get(path)).status_code == (404 if "/rows/" in path else 200), path


async def test_before_the_first_run_a_page_says_what_to_do(app: FastAPI, shop: psycopg.Connection) -> None:
    admin = await signed_in(app, make_user(shop, role="admin")["email"])
    for path in ("/platform", "/platform/cohorts", "/platform/customers-ahead"):
        assert "marketplace run" in (await admin.get(path)).text, path
