"""Signing in and out, tokens and cookies."""

from typing import Any

import httpx
import psycopg
import pytest
from fastapi import FastAPI

from tests.factories import PASSWORD, make_user
from tests.storefront_api.conftest import client_of, signed_in

Shop = psycopg.Connection[dict[str, Any]]


@pytest.fixture
def person(shop: Shop) -> dict[str, Any]:
    return make_user(shop)


async def sign_in(api: httpx.AsyncClient, email: str, password: str = PASSWORD) -> httpx.Response:
    return await api.post("/v1/sign-in", json={"email": email, "password": password})


async def test_right_password_gives_tokens_that_open_me(api: httpx.AsyncClient, person: dict[str, Any]) -> None:
    answer = await sign_in(api, person["email"].upper())
    assert answer.status_code == 200
    api.cookies.clear()
    me = await api.get("/v1/me", headers={"authorization": f"Bearer {answer.json()['access_token']}"})
    assert me.json()["user_id"] == person["user_id"]


async def test_wrong_password_and_unknown_address_read_alike(api: httpx.AsyncClient, person: dict[str, Any]) -> None:
    wrong, unknown = await sign_in(api, person["email"], "no"), await sign_in(api, "nobody@example.org")
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json()["detail"] == unknown.json()["detail"]
    assert wrong.headers["content-type"] == "application/problem+json"


async def test_guesser_waits_longer_each_time(api: httpx.AsyncClient, person: dict[str, Any]) -> None:
    statuses = [(await sign_in(api, person["email"], "no")).status_code for _ in range(4)]
    assert statuses == [401, 401, 401, 429]
    refused = await sign_in(api, person["email"])
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
    assert int(refused.headers["retry-after"]) >= 1


async def test_refresh_token_used_twice_revokes_its_family(api: httpx.AsyncClient, person: dict[str, Any]) -> None:
    first = (await sign_in(api, person["email"])).json()["refresh_token"]
    api.cookies.clear()
    second = (await api.post("/v1/refresh", json={"refresh_token": first})).json()["refresh_token"]
    assert (await api.post("/v1/refresh", json={"refresh_token": first})).status_code == 401
    assert (await api.post("/v1/refresh", json={"refresh_token": second})).status_code == 401


async def test_pages_opened_at_once_after_the_access_token_ran_out_all_know_the_person(
    app: FastAPI, shop: Shop, person: dict[str, Any]
) -> None:
    async with client_of(app) as browser:
        old = (await sign_in(browser, person["email"])).json()["refresh_token"]
    headers = {"accept": "text/html", "cookie": f"cy_refresh={old}"}
    async with client_of(app) as first, client_of(app) as second:
        opened = [await tab.get("/orders", headers=headers) for tab in (first, second)]
    assert [page.status_code for page in opened] == [200, 200]
    assert ["cy_access" in page.cookies for page in opened] == [True, False]
    shop.execute("update shop.refresh_tokens set used_at = used_at - interval '1 minute' where used_at is not null")
    async with client_of(app) as thief:
        assert (await thief.get("/orders", headers=headers)).status_code == 303
    tokens = shop.execute("select revoked_at is not null as is_revoked from shop.refresh_tokens").fetchall()
    assert all(token["is_revoked"] for token in tokens)


async def test_sign_out_ends_the_refresh_token(api: httpx.AsyncClient, person: dict[str, Any]) -> None:
    token = (await sign_in(api, person["email"])).json()["refresh_token"]
    assert (await api.post("/v1/sign-out", headers={"x-csrf-token": api.cookies["cy_csrf"]})).status_code == 204
    assert (await api.get("/v1/me")).status_code == 401
    assert (await api.post("/v1/refresh", json={"refresh_token": token})).status_code == 401


async def test_change_by_cookie_needs_the_csrf_token(api: httpx.AsyncClient, person: dict[str, Any]) -> None:
    await sign_in(api, person["email"])
    assert (await api.post("/v1/sign-out")).json()["code"] == "permission_denied"
    assert (await api.post("/v1/sign-out", headers={"x-csrf-token": "made.up"})).status_code == 403
    assert (await api.post("/v1/sign-out", headers={"x-csrf-token": api.cookies["cy_csrf"]})).status_code == 204


@pytest.mark.parametrize(
    "token",
    [
        "nonsense",
        "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJzdWIiOiJ1MSIsInJvbGUiOiJhZG1pbiIsImV4cCI6OTk5OTk5OTk5OX0.",  # alg none
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ1MSIsInJvbGUiOiJhZG1pbiIsImV4cCI6OTk5OTk5OTk5OX0.AAAA",
    ],
)
async def test_forged_token_is_refused(api: httpx.AsyncClient, token: str) -> None:
    answer = await api.get("/v1/me", headers={"authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json()["code"]) == (401, "authentication_required")


async def test_closed_account_is_signed_out_at_once(app: FastAPI, shop: Shop, person: dict[str, Any]) -> None:
    client = await signed_in(app, person["email"])
    shop.execute("update shop.users set is_active = false where user_id = %s", (person["user_id"],))
    assert (await client.get("/v1/me")).status_code == 401


async def test_next_person_in_the_same_browser_gets_a_session_of_their_own(app: FastAPI, shop: Shop) -> None:
    first, second = make_user(shop), make_user(shop)
    async with client_of(app) as browser:
        await sign_in(browser, first["email"])
        await sign_in(browser, second["email"])
    owners = shop.execute("select customer_id from shop.sessions order by started_at").fetchall()
    assert [row["customer_id"] for row in owners] == [first["user_id"], second["user_id"]]


async def test_unknown_fields_are_refused_with_their_pointer(api: httpx.AsyncClient) -> None:
    answer = await api.post("/v1/sign-in", json={"email": "a@b.cd", "password": "x", "role": "admin"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/role"
