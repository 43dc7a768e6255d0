"""The quarantine page: groups, one row with personal values hidden, and a correction that the relay sends again."""

import asyncio
import json
from typing import Any

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from psycopg.types.json import Jsonb

from marketplace.personal_data import HIDDEN, hide, hide_row, restore
from pipelines.sources.resending import resend_waiting
from tests.factories import make_user
from tests.storefront_api.conftest import signed_in

Shop = psycopg.Connection[dict[str, Any]]
HTML = {"accept": "text/html"}


def put_aside(
    shop: Shop, payload: Any, *, source: str = "simulation", object_: str = "users", reason: str = "role is bad"
) -> int:
    row = shop.execute(
        "insert into quarantine.rows (source, object, row_key, reason, payload, payload_hash) values (%s, %s, 'u-9', %s, %s, %s) "
        "returning quarantine_id",
        [source, object_, reason, Jsonb(payload), json.dumps(payload)],
    ).fetchone()
    assert row is not None
    return int(row["quarantine_id"])


USER = {"user_id": "u-9", "role": "pirate", "email": "a@b.example", "full_name": "Ann", "signed_up_at": "2026-01-01T00:00:00Z"}


@pytest.fixture
async def admin(app: FastAPI, shop: Shop) -> httpx.AsyncClient:
    client = await signed_in(app, make_user(shop, role="admin")["email"])
    client.headers.update(HTML)
    return client


async def test_only_administrators_see_it(app: FastAPI, shop: Shop) -> None:
    key = put_aside(shop, USER)
    for role in ("customer", "seller", "analyst"):
        client = await signed_in(app, make_user(shop, role=role)["email"])
        assert (await client.get("/ops/quarantine")).status_code == 403
        assert (await client.get(f"/ops/quarantine/{key}")).status_code == 403
        assert (await client.post(f"/ops/quarantine/{key}/correction", data={"payload": "{}"})).status_code == 403


async def test_empty_quarantine_says_so(admin: httpx.AsyncClient) -> None:
    assert "Every row fitted" in (await admin.get("/ops/quarantine")).text


async def test_groups_lead_to_rows_and_a_row_hides_who_it_is_about(admin: httpx.AsyncClient, shop: Shop) -> None:
    key = put_aside(shop, USER)
    put_aside(shop, USER | {"user_id": "u-8"})
    groups = (await admin.get("/ops/quarantine")).text
    assert "role is bad" in groups
    assert ">2<" in groups.replace("</td>", "<").replace(" ", "")
    rows = (await admin.get("/ops/quarantine", params={"source": "simulation", "object": "users", "reason": "role is bad"})).text
    assert f"/ops/quarantine/{key}" in rows
    page = (await admin.get(f"/ops/quarantine/{key}")).text
    assert "pirate" in page
    assert "Ann" not in page
    assert "a@b.example" not in page


async def test_corrected_row_is_sent_again_and_its_hidden_values_come_back(
    admin: httpx.AsyncClient, shop: Shop, database_url: str
) -> None:
    key = put_aside(shop, USER)
    corrected = hide(USER) | {"role": "customer"}
    answer = await admin.post(f"/ops/quarantine/{key}/correction", data={"payload": json.dumps(corrected)})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/ops/quarantine/{key}")
    assert "being sent" in (await admin.get(f"/ops/quarantine/{key}")).text
    assert (await admin.post(f"/ops/quarantine/{key}/correction", data={"payload": "{}"})).status_code == 409
    assert [one.is_loaded for one in await asyncio.to_thread(resend_waiting, database_url)] == [True]
    assert "is in the shop since" in (await admin.get(f"/ops/quarantine/{key}")).text
    row = shop.execute("select email, full_name, role from shop.users where user_id = 'u-9'").fetchone()
    assert row == {"email": "a@b.example", "full_name": "Ann", "role": "customer"}
    audit = shop.execute("select action, object_id from shop.audit_log").fetchall()
    assert audit == [{"action": "quarantine_correct", "object_id": str(key)}]


async def test_row_that_still_does_not_fit_says_why(admin: httpx.AsyncClient, shop: Shop, database_url: str) -> None:
    key = put_aside(shop, USER)
    await admin.post(f"/ops/quarantine/{key}/correction", data={"payload": json.dumps(USER | {"signed_up_at": "soon"})})
    [outcome] = await asyncio.to_thread(resend_waiting, database_url)
    page = (await admin.get(f"/ops/quarantine/{key}")).text
    assert f"/ops/quarantine/{outcome.waits_as}" in page
    assert "signed_up_at is no timestamp" in (await admin.get(f"/ops/quarantine/{outcome.waits_as}")).text


@pytest.mark.parametrize("text", ["{", "[]", "7", '{"a": NaN}', '{"a": "\\u0000"}', '{"a": "\\ud800"}', "[" * 15_000])
async def test_what_is_no_row_comes_back_with_what_was_typed(admin: httpx.AsyncClient, shop: Shop, text: str) -> None:
    key = put_aside(shop, USER)
    answer = await admin.post(f"/ops/quarantine/{key}/correction", data={"payload": text})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert shop.execute("select correction from quarantine.rows").fetchone() == {"correction": None}


async def test_row_of_a_folder_is_not_corrected_alone(admin: httpx.AsyncClient, shop: Shop) -> None:
    key = put_aside(shop, {"order_id": "o"}, source="olist", object_="olist_orders_dataset")
    assert "beside the other files" in (await admin.get(f"/ops/quarantine/{key}")).text
    assert (await admin.post(f"/ops/quarantine/{key}/correction", data={"payload": "{}"})).status_code == 422


async def test_unknown_row_is_not_found(admin: httpx.AsyncClient) -> None:
    assert (await admin.get("/ops/quarantine/1")).status_code == 404


async def test_corrected_event_is_kept_in_its_session(
    api: httpx.AsyncClient, admin: httpx.AsyncClient, shop: Shop, database_url: str
) -> None:
    from datetime import UTC, datetime

    event = {"event_id": "event-0001", "event_type": "search", "search_query": 7, "occurred_at": datetime.now(UTC).isoformat()}
    assert (await api.post("/v1/events", json={"events": [event]})).json()["quarantined"] == 1
    row = shop.execute("select quarantine_id, context from quarantine.rows").fetchone()
    assert row is not None
    await admin.post(
        f"/ops/quarantine/{row['quarantine_id']}/correction", data={"payload": json.dumps(event | {"search_query": "mug"})}
    )
    assert [one.is_loaded for one in await asyncio.to_thread(resend_waiting, database_url)] == [True]
    kept = shop.execute("select event_id, session_id, search_query from shop.events").fetchone()
    assert kept == {"event_id": "event-0001", "session_id": row["context"]["session_id"], "search_query": "mug"}


def test_line_of_people_that_is_not_columns_is_hidden_whole() -> None:
    assert hide_row({"cells": ["c-1", "Ann"]}, "customers.csv") == {"cells": HIDDEN}
    assert hide_row({"cells": ["p-1", "Cup"]}, "products.csv") == {"cells": ["p-1", "Cup"]}


def test_hidden_values_are_restored_at_any_depth_and_nowhere_else() -> None:
    stored = {"email": "a", "lines": [{"postcode": "1"}, {"postcode": None}], "note": HIDDEN}
    assert hide(stored) == {"email": HIDDEN, "lines": [{"postcode": HIDDEN}, {"postcode": None}], "note": HIDDEN}
    assert restore(hide(stored), stored) == stored
    assert restore({"email": "new", "title": HIDDEN}, stored) == {"email": "new", "title": HIDDEN}


@pytest.mark.parametrize(
    ("context", "told"),
    [
        ({"file": "a.csv", "line": 3}, "a.csv, line 3<"),
        ({"file": "a.csv", "line": 3, "column": "price"}, "a.csv, line 3, column price<"),
    ],
)
async def test_row_of_a_file_says_where_it_stood(
    admin: httpx.AsyncClient, shop: Shop, context: dict[str, Any], told: str
) -> None:
    key = put_aside(shop, {"cells": ["a", "b"]}, source="csv", object_="products.csv")
    shop.execute("update quarantine.rows set context = %s", [Jsonb(context)])
    assert told in (await admin.get(f"/ops/quarantine/{key}")).text
