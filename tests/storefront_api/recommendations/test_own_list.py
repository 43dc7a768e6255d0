"""The list made ahead of time by HTTP: one's own, nobody else's, and the newest good version at each question."""

from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from fastapi import FastAPI

from marketplace import top_lists
from marketplace.top_lists import Listed, TopLists
from tests.factories import make_user
from tests.storefront_api.conftest import signed_in

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
