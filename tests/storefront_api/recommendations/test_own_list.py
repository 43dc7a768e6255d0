"""The list made ahead of time by HTTP: one's own, nobody else's, and the newest good version at each question."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from fastapi import FastAPI

from marketplace import top_lists
from marketplace.top_lists import Listed, TopLists
from marketplace.vocabulary import Role
from storefront_api.main import create_app
from storefront_api.recommendations import own_list
from tests.factories import make_user
from tests.storefront_api.conftest import client_of, shop_settings, signed_in

Shop = psycopg.Connection[dict[str, Any]]
NOW = "2026-01-02T00:00:00+00:00"


def publish(folder: Path, version: str, *customer_ids: str) -> None:
    lists = [(customer_id, [Listed(f"of-{customer_id}", 1.0, "content", "Published")]) for customer_id in customer_ids]
    top_lists.publish(folder, lists, model="recommendation", version=version, computed_at=NOW)


@pytest.fixture
def app(app: FastAPI, tmp_path: Path) -> FastAPI:
    app.state.top_lists = TopLists(tmp_path, look_every=0)
    return app


async def test_customer_gets_the_newest_version_of_their_own_list(app: FastAPI, shop: Shop, tmp_path: Path) -> None:
    user_id, client = (user := make_user(shop))["user_id"], await signed_in(app, user["email"])
    path = f"/v1/customers/{user_id}/top-list"
    assert (await client.get(path)).status_code == 404
    for version in ("1", "2"):
        publish(tmp_path, version, user_id, "somebody-else")
        answer = await client.get(path)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["cache-control"] == "private, no-store"
        assert answer.json() == {
            "customer_id": user_id,
            "model": "recommendation",
            "version": version,
            "computed_at": NOW,
            "product_ids": [f"of-{user_id}"],
            "sources": ["content"],
        }
        assert (await client.get(path)).content == answer.content
    (tmp_path / "current").write_text("00000009")
    assert (await client.get(path)).json()["version"] == "2"


async def test_list_of_somebody_else_is_refused(app: FastAPI, api: httpx.AsyncClient, shop: Shop, tmp_path: Path) -> None:
    mine, theirs = make_user(shop), make_user(shop)
    publish(tmp_path, "1", mine["user_id"], theirs["user_id"])
    client = await signed_in(app, mine["email"])
    path = f"/v1/customers/{theirs['user_id']}/top-list"
    refused = await client.get(path)
    assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")
    assert f"of-{theirs['user_id']}" not in refused.text
    assert (await api.get(path)).status_code == 401
    forged = await api.get(path, headers={"authorization": f"{client.headers['authorization']}x"})
    assert forged.status_code == 401


async def test_document_names_the_route(app: FastAPI) -> None:
    described = app.openapi()["paths"]["/v1/customers/{customer_id}/top-list"]["get"]
    assert set(described["responses"]) == {"200", "401", "403", "404"}


async def test_at_once_or_by_the_route_the_answer_is_the_same(
    app: FastAPI, api: httpx.AsyncClient, shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, theirs, without, unfollowed, gone, closed = (make_user(shop) for _ in range(6))
    published = (mine, theirs, unfollowed, gone, closed)
    publish(tmp_path, "1", *(user["user_id"] for user in published))
    client = await signed_in(app, mine["email"])
    late = await signed_in(app, without["email"])
    unfollowing = await signed_in(app, unfollowed["email"])
    assert (await unfollowing.put("/v1/personalisation", json={"is_wanted": False})).status_code == 200
    signed_out = await signed_in(app, gone["email"])
    assert (await signed_out.post("/v1/sign-out")).status_code == 204
    blocked = await signed_in(app, closed["email"])
    shop.execute("update shop.users set is_active = false where user_id = %s", (closed["user_id"],))
    outlived, conditional = client_of(app), client_of(app)
    made = datetime.now(UTC) - timedelta(hours=1)
    expired = app.state.signer.access_token(mine["user_id"], Role.CUSTOMER, now=made, lifetime=timedelta(minutes=59))
    outlived.headers["authorization"] = f"Bearer {expired}"
    conditional.headers.update({"authorization": client.headers["authorization"], "if-none-match": "*"})
    cases = [
        (client, "GET", mine["user_id"], 200),
        (client, "HEAD", mine["user_id"], 200),
        (client, "POST", mine["user_id"], 405),
        (client, "GET", theirs["user_id"], 403),
        (client, "GET", f"{mine['user_id']}/more", 404),
        (late, "GET", without["user_id"], 404),
        (api, "GET", mine["user_id"], 401),
        (outlived, "GET", mine["user_id"], 401),
        (conditional, "GET", mine["user_id"], 200),
        # Access tokens need no database, so they live to their end: a sign-out ends their renewal, a closed account what it may
        # do with the shop; and who switched personal shelves off has a list until the next are made.
        (unfollowing, "GET", unfollowed["user_id"], 200),
        (signed_out, "GET", gone["user_id"], 200),
        (blocked, "GET", closed["user_id"], 200),
    ]

    async def answers() -> list[tuple[int, dict[str, str], bytes]]:
        told = []
        for who, method, customer_id, status in cases:
            answer = await who.request(method, f"/v1/customers/{customer_id}/top-list", headers={"x-request-id": "the-same-one"})
            assert answer.status_code == status
            told.append((answer.status_code, dict(answer.headers), answer.content))
        return told

    at_once = await answers()
    monkeypatch.setattr(own_list, "_ready", lambda scope: None)
    by_route = await answers()
    for quick, slow in zip(at_once, by_route, strict=True):
        for moved in ("ratelimit-remaining", "ratelimit-reset"):
            assert int(quick[1].pop(moved)) >= 0 <= int(slow[1].pop(moved))
        assert quick == slow
    assert {"content-security-policy", "x-content-type-options", "x-request-id", "ratelimit-limit"} <= at_once[0][1].keys()
    metrics = (await api.get("/metrics")).text
    assert f'route="{own_list.PATH}",status="200"' in metrics


@pytest.mark.parametrize("is_at_once", [True, False])
async def test_an_answer_at_once_counts_towards_the_limit_as_one_by_the_route(
    database_url: str, shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_at_once: bool
) -> None:
    if not is_at_once:
        monkeypatch.setattr(own_list, "_ready", lambda scope: None)
    app = create_app(shop_settings(database_url, storefront={"requests_per_minute_per_user": 2}))
    app.state.top_lists = TopLists(tmp_path, look_every=0)
    user = make_user(shop)
    publish(tmp_path, "1", user["user_id"])
    async with app.router.lifespan_context(app):
        client = await signed_in(app, user["email"])
        answers = [await client.get(f"/v1/customers/{user['user_id']}/top-list") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer.headers["ratelimit-remaining"] for answer in answers] == ["1", "0", "0"]
    assert answers[2].json()["code"] == "too_many_requests"
