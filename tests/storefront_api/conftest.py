"""The storefront on a real database, asked through its ASGI interface."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from psycopg.rows import dict_row

from marketplace.settings import Settings
from storefront_api.main import create_app
from tests.factories import PASSWORD


@pytest.fixture
def shop(database_url: str) -> Iterator[psycopg.Connection[dict[str, Any]]]:
    """A connection that commits at once, to fill the shop and to look into it."""
    with psycopg.connect(database_url, autocommit=True, row_factory=dict_row) as connection:
        yield connection


def shop_settings(database_url: str, **given: Any) -> Settings:
    """Settings on this database whose model services are down, unless told otherwise."""
    nowhere = {"port": 9, "timeout": 0.25}
    names = ("recommendation", "fraud", "tagging", "seller_analytics")
    services = dict.fromkeys(names, nowhere) | given.pop("services", {})
    return Settings(
        database={"url": database_url, "pool_size": 10},  # type: ignore[arg-type]
        services=services,
        storefront={"requests_per_minute_per_user": 10_000, "requests_per_minute_per_address": 100_000}
        | given.pop("storefront", {}),
        **given,
    )


@pytest.fixture
async def app(database_url: str) -> AsyncIterator[FastAPI]:
    """A running storefront without model services."""
    app = create_app(shop_settings(database_url))
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def api(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client with cookies of its own."""
    async with client_of(app) as client:
        yield client


def client_of(app: FastAPI, **given: Any) -> httpx.AsyncClient:
    """A fresh browser, so to speak."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop.test", **given)


async def signed_in(app: FastAPI, email: str) -> httpx.AsyncClient:
    """A client that sends the bearer token of this person."""
    client = client_of(app)
    answer = await client.post("/v1/sign-in", json={"email": email, "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    client.headers["authorization"] = f"Bearer {answer.json()['access_token']}"
    return client
