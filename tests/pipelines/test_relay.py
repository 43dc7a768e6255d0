"""The relay: what shoppers did reaches the online features, at least once, and nothing is lost or doubled."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta
from statistics import median
from typing import Any

import httpx
import pandas as pd
import psycopg
import pytest
from fastapi import FastAPI
from psycopg.rows import dict_row

from marketplace.contracts.recommendation import RecommendationResponse, RecommendedProduct, RecommendRequest
from marketplace.settings import Settings
from models.recommendation import RecommendationConfig, RecommendationModel, train
from pipelines.relay import Relay
from storefront_api.clients import Clients, RecommendationClient
from storefront_api.database import Database
from storefront_api.main import create_app
from tests.factories import NOON, insert, make_address, make_product, make_seller, make_user
from tests.freshness import for_you, look_at, seconds_until_another_list
from tests.models.recommendation.shop import make_shop
from tests.storefront_api.conftest import client_of, shop_settings, signed_in

Shop = psycopg.Connection[dict[str, Any]]


class Store:
    """Keeps what was pushed by session, as the online store would; can be away."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, Any]] = {}
        self.push_count = 0
        self.is_away = False

    def push(self, frame: pd.DataFrame) -> None:
        if self.is_away:
            raise ConnectionError("the feature store is away")
        self.push_count += 1
        self.rows |= {row["session_id"]: row for row in frame.to_dict("records")}


@pytest.fixture
def shop(database_url: str) -> Any:
    with psycopg.connect(database_url, autocommit=True, row_factory=dict_row) as connection:
        yield connection


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
async def relay(database_url: str, store: Store) -> AsyncIterator[Relay]:
    database, clients = Database(database_url, pool_size=4), Clients(Settings().services)
    await database.open()
    yield Relay(database, clients, push=store.push)
    await clients.close()
    await database.close()


def click(shop: Shop, number: int, product_id: str, *, session_id: str = "s", kind: str = "product_view") -> None:
    row = {"event_id": f"e{session_id}{number}", "event_type": kind, "session_id": session_id, "product_id": product_id}
    insert(shop, "shop.events", row | {"occurred_at": NOON + timedelta(seconds=number)})
    insert(shop, "shop.outbox", {"topic": "session_events", "key": session_id, "payload": {}})


def waiting(shop: Shop) -> int:
    (row,) = shop.execute("select count(*)::int as n from shop.outbox where relayed_at is null").fetchall()
    return int(row["n"])


async def test_session_is_pushed_with_newest_product_first(relay: Relay, shop: Shop, store: Store) -> None:
    for number, product_id in enumerate(["a", "b", "a", "c"]):
        click(shop, number, product_id)
    click(shop, 4, "b", kind="cart_add")
    click(shop, 5, "z", kind="wishlist_add")  # no feature of a session
    assert await relay.turn() == 6
    row = store.rows["s"]
    assert (row["view_count"], row["cart_count"], row["last_product_id"]) == (4, 1, "b")
    assert row["recent_product_ids"] == ["b", "c", "a"]
    assert row["event_timestamp"] == NOON + timedelta(seconds=4)
    assert waiting(shop) == 0


async def test_only_the_last_twenty_products_are_recent(relay: Relay, shop: Shop, store: Store) -> None:
    for number in range(25):
        click(shop, number, f"p{number:02d}")
    await relay.turn()
    assert store.rows["s"]["recent_product_ids"] == [f"p{number:02d}" for number in range(24, 4, -1)]


async def test_message_is_kept_while_the_store_is_away(relay: Relay, shop: Shop, store: Store) -> None:
    click(shop, 1, "a")
    store.is_away = True
    with pytest.raises(ConnectionError):
        await relay.turn()
    assert waiting(shop) == 1
    store.is_away = False
    await relay.turn()
    assert (waiting(shop), store.rows["s"]["view_count"]) == (0, 1)


async def test_message_relayed_twice_changes_nothing(relay: Relay, shop: Shop, store: Store) -> None:
    click(shop, 1, "a")
    await relay.turn()
    first = store.rows["s"] | {"created_at": None}
    shop.execute("update shop.outbox set relayed_at = null")
    await relay.turn()
    assert store.rows["s"] | {"created_at": None} == first
    assert store.push_count == 2


async def test_several_relays_share_the_work(database_url: str, relay: Relay, shop: Shop, store: Store) -> None:
    for number in range(30):
        click(shop, number, "a", session_id=f"s{number}")
    await asyncio.gather(*(relay.turn() for _ in range(3)))
    assert waiting(shop) == 0
    assert len(store.rows) == 30


async def test_relay_goes_on_after_its_database_connection_was_cut(relay: Relay, shop: Shop, store: Store) -> None:
    running = asyncio.create_task(relay.run())
    click(shop, 1, "a")
    await _until(lambda: waiting(shop) == 0)
    shop.execute("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'storefront'")
    click(shop, 2, "b")
    await _until(lambda: waiting(shop) == 0)
    assert store.rows["s"]["view_count"] == 2
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


async def test_old_idempotency_keys_are_forgotten(relay: Relay, shop: Shop) -> None:
    for key, age in (("old", 25), ("new", 23)):
        shop.execute(
            "insert into shop.idempotency_keys (principal, idempotency_key, request_hash, created_at) "
            "values ('u', %s, 'h', now() - make_interval(hours => %s))",
            (key, age),
        )
    await relay.turn()
    assert shop.execute("select idempotency_key from shop.idempotency_keys").fetchall() == [{"idempotency_key": "new"}]


class Recommender:
    """The recommendation service with its real model, reading sessions from the store that the relay fills."""

    def __init__(self, model: RecommendationModel, store: Store) -> None:
        self.app = FastAPI()

        @self.app.post("/recommend")
        def recommend(request: RecommendRequest) -> RecommendationResponse:
            recent = store.rows.get(request.session_id or "", {}).get("recent_product_ids", [])
            listed = model.recommend(
                customer_id=request.customer_id, recent_product_ids=recent, k=request.k, exclude=request.exclude_product_ids
            )
            items = [RecommendedProduct(**vars(one)) for one in listed]
            return RecommendationResponse(model="recommendation", version="1", items=items)


@pytest.fixture(scope="module")
def recommender() -> RecommendationModel:
    return train(make_shop(customers=60, products=30, days=40), RecommendationConfig(factors=8, iterations=3))


@pytest.mark.parametrize("is_guest", [True, False], ids=["guest", "customer"])
async def test_click_cart_and_order_change_the_next_list_within_a_second(
    database_url: str, shop: Shop, relay: Relay, store: Store, recommender: RecommendationModel, is_guest: bool
) -> None:
    seller_id, user = make_seller(shop)["seller_id"], make_user(shop)
    make_address(shop, user["user_id"])
    for number in range(30):
        make_product(shop, seller_id, product_id=f"p{number:03d}")
    app = create_app(shop_settings(database_url))
    app.state.clients.recommendation = RecommendationClient(
        httpx.AsyncClient(transport=httpx.ASGITransport(Recommender(recommender, store).app), base_url="http://recommender"),
        timeout=timedelta(seconds=5),
    )
    running = asyncio.create_task(relay.run())
    async with app.router.lifespan_context(app):
        client = client_of(app) if is_guest else await signed_in(app, user["email"])
        clicks = [
            await seconds_until_another_list(client, lambda product_id=product_id: look_at(client, product_id))  # type: ignore[misc]
            for product_id in ("p004", "p011", "p022")
        ]

        async def put_first_into_cart() -> None:
            first = (await for_you(client))[0]
            assert (await client.post("/v1/cart/items", json={"product_id": first})).status_code == 201

        cart = await seconds_until_another_list(client, put_first_into_cart)

        async def buy_first() -> None:
            body = {"items": [{"product_id": (await for_you(client))[0]}], "payment": {"method": "cod"}}
            assert (await client.post("/v1/orders", json=body, headers={"Idempotency-Key": "k"})).status_code == 201

        order = 0.0 if is_guest else await seconds_until_another_list(client, buy_first)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    assert median(clicks) <= 1.0, clicks
    assert max(cart, order) <= 1.0, (cart, order)


async def _until(is_true: Any, seconds: float = 5.0) -> None:
    async with asyncio.timeout(seconds):
        while not is_true():
            await asyncio.sleep(0.02)
