"""The operator's view while everything else is down."""

from typing import Any

import psycopg
from fastapi import FastAPI

from tests.factories import insert, make_user
from tests.storefront_api.conftest import signed_in

Shop = psycopg.Connection[dict[str, Any]]


async def test_status_says_what_is_down_and_what_was_put_aside(shop: Shop, app: FastAPI) -> None:
    row = {"source": "storefront", "object": "events", "reason": "no id", "payload": {}, "payload_hash": "x", "seen_count": 3}
    insert(shop, "quarantine.rows", row)
    insert(shop, "shop.outbox", {"topic": "session_events", "key": "s", "payload": {}})
    operator = await signed_in(app, make_user(shop, role="admin")["email"])
    status = (await operator.get("/v1/ops/status")).json()
    assert {part["name"]: part["is_up"] for part in status["parts"]}["fraud service"] is False
    assert [(one["reason"], one["row_count"]) for one in status["quarantine"]] == [("no id", 3)]
    assert status["outbox"]["waiting_count"] == 1
    assert {table["table"] for table in status["freshness"]} >= {"orders", "events"}


async def test_figures_of_a_model_are_shown_while_its_registry_is_down(shop: Shop, app: FastAPI) -> None:
    figure = {
        "model_name": "fraud", "model_version": "3", "method": "served", "is_served": True, "metric": "pr_auc", "value": 0.5,
        "row_count": 9, "evaluated_at": "2026-11-01T00:00:00Z",
    }  # fmt: skip
    insert(shop, "monitoring.model_evaluations", figure)
    app.state.settings = app.state.settings.model_copy(
        update={"mlflow": app.state.settings.mlflow.model_copy(update={"port": 9})}
    )
    operator = await signed_in(app, make_user(shop, role="analyst")["email"])
    card = (await operator.get("/v1/ops/models/fraud")).json()
    assert (card["is_registry_up"], card["version"], card["figures"][0]["value"], card["card"]) == (False, "3", 0.5, None)
    assert (await operator.get("/v1/ops/models/none")).status_code == 404
    customer = await signed_in(app, make_user(shop)["email"])
    assert (await customer.get("/v1/ops/status")).status_code == 403
