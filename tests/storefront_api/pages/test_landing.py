"""Where signing in leads, and what an error page knows of its reader."""

import re
from typing import Any

import psycopg
import pytest
from fastapi import FastAPI

from tests.factories import PASSWORD, make_user
from tests.storefront_api.conftest import client_of

Shop = psycopg.Connection[dict[str, Any]]


async def signed_in_by_form(app: FastAPI, email: str, **form: str) -> Any:
    client = client_of(app)
    token = re.search(r'name="csrf_token" value="([^"]+)"', (await client.get("/sign-in")).text)
    assert token
    answer = await client.post("/sign-in", data={"email": email, "password": PASSWORD, "csrf_token": token[1], **form})
    assert answer.status_code == 303, answer.text
    return client, answer.headers["location"]


@pytest.mark.parametrize(("role", "place"), [("customer", "/"), ("seller", "/seller"), ("analyst", "/fraud"), ("admin", "/ops")])
async def test_each_role_lands_where_its_work_is(shop: Shop, app: FastAPI, role: str, place: str) -> None:
    email = make_user(shop, role=role)["email"]
    assert (await signed_in_by_form(app, email))[1] == place
    assert (await signed_in_by_form(app, email, next="/cart"))[1] == "/cart"


async def test_error_page_keeps_the_way_to_work(shop: Shop, app: FastAPI) -> None:
    client, _ = await signed_in_by_form(app, make_user(shop, role="analyst")["email"])
    missing = await client.get("/nothing", headers={"accept": "text/html"})
    assert missing.status_code == 404
    assert 'href="/fraud"' in missing.text
    assert "Sign in</span>" not in missing.text
