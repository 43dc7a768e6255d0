"""Events: durable before they are acknowledged, none twice, bad ones aside."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psycopg
import pytest
from fastapi import FastAPI

from tests.factories import make_product, make_seller, make_user
from tests.storefront_api.conftest import signed_in

Shop = psycopg.Connection[dict[str, Any]]


@pytest.fixture
def product_id(shop: Shop) -> str:
    return str(make_product(shop, make_seller(shop)["seller_id"])["product_id"])


def view(number: int, product_id: str, /, **given: Any) -> dict[str, Any]:
    event = {"event_id": f"event-{number:04d}", "event_type": "product_view", "product_id": product_id}
    return event | {"occurred_at": datetime.now(UTC).isoformat()} | given


async def send(api: httpx.AsyncClient, *events: Any) -> dict[str, Any]:
    answer = await api.post("/v1/events", content=json.dumps({"events": list(events)}))
    assert answer.status_code == 202, answer.text
    return dict(answer.json())


async def test_events_sent_twice_count_once(api: httpx.AsyncClient, shop: Shop, product_id: str) -> None:
    events = [view(1, product_id), view(2, product_id), view(2, product_id)]
    first, second = await send(api, *events), await send(api, *events)
    assert (first["accepted"], first["duplicates"]) == (2, 1)
    assert (second["accepted"], second["duplicates"]) == (0, 3)
    assert len(shop.execute("select 1 from shop.events").fetchall()) == 2
    assert len(shop.execute("select 1 from shop.outbox where topic = 'session_events'").fetchall()) == 2


async def test_event_belongs_to_the_session_and_the_signed_in_customer(app: FastAPI, shop: Shop, product_id: str) -> None:
    user = make_user(shop)
    client = await signed_in(app, user["email"])
    await send(client, view(1, product_id))
    row = shop.execute(
        "select events.customer_id, sessions.customer_id as owner, events.device_id = sessions.device_id as is_same_device "
        "from shop.events join shop.sessions using (session_id)"
    ).fetchone()
    assert row == {"customer_id": user["user_id"], "owner": user["user_id"], "is_same_device": True}


async def test_address_in_a_known_network_gives_the_session_a_place(api: httpx.AsyncClient, shop: Shop, product_id: str) -> None:
    shop.execute("insert into shop.networks values ('127.0.0.0/8', 'BD', 'Dhaka', 23.8, 90.4, true)")
    await send(api, view(1, product_id))
    row = shop.execute("select ip_country_code, ip_latitude from shop.sessions").fetchone()
    assert row == {"ip_country_code": "BD", "ip_latitude": 23.8}


BAD = {
    "wrong type": {"quantity": "two"},
    "huge number": {"quantity": 10**40},
    "NUL": {"search_query": "a\0b"},
    "no instant": {"occurred_at": 12},
    "future clock": {"occurred_at": (datetime.now(UTC) + timedelta(days=2)).isoformat()},
    "long ago": {"occurred_at": "1970-01-01T00:00:00Z"},
    "unknown product": {"product_id": "nothing"},
    "product left out": {"product_id": None},
    "made-up type": {"event_type": "explode"},
    "purchase without an order": {"event_type": "purchase"},
    "somebody's customer id": {"customer_id": "u1"},
    "huge text": {"search_query": "x" * 50_000},
    "lone surrogate": {"search_query": "\ud800"},
}


@pytest.mark.parametrize("given", BAD.values(), ids=BAD.keys())
async def test_bad_event_is_set_aside_and_the_good_one_kept(
    api: httpx.AsyncClient, shop: Shop, product_id: str, given: dict[str, Any]
) -> None:
    result = await send(api, view(1, product_id, **given), view(2, product_id))
    assert (result["accepted"], result["quarantined"]) == (1, 1)
    assert result["problems"][0]["index"] == 0
    rows = shop.execute("select object, reason, seen_count from quarantine.rows").fetchall()
    assert [(row["object"], row["reason"], row["seen_count"]) for row in rows] == [("events", result["problems"][0]["reason"], 1)]


@pytest.mark.parametrize("event", [None, 7, "text", [], {}, float("nan")])
async def test_what_is_no_event_is_set_aside(api: httpx.AsyncClient, event: Any) -> None:
    answer = await api.post("/v1/events", content=json.dumps({"events": [event]}), headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["quarantined"]) == (202, 1)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"events": 3}', b"\xff\xfe", b"[" * 100_000, b'{"events": [], "x": 1}'])
async def test_body_that_is_no_batch_is_refused_and_set_aside(api: httpx.AsyncClient, shop: Shop, body: bytes) -> None:
    answer = await api.post("/v1/events", content=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
    assert len(shop.execute("select 1 from quarantine.rows").fetchall()) == 1


async def test_batch_over_500_is_refused(api: httpx.AsyncClient, product_id: str) -> None:
    answer = await api.post("/v1/events", json={"events": [view(number, product_id) for number in range(501)]})
    assert answer.status_code == 422


async def test_right_to_left_words_are_kept_as_they_are(api: httpx.AsyncClient, shop: Shop) -> None:
    await send(api, {"event_id": "search-01", "event_type": "search", "search_query": "\u202eمرحبا নাম", "occurred_at": now()})
    assert shop.execute("select search_query from shop.events").fetchone() == {"search_query": "\u202eمرحبا নাম"}


def now() -> str:
    return datetime.now(UTC).isoformat()
