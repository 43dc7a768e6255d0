"""A back-test sees each attempt as it was then: its features, the lists as they stood, and outcomes as they became known."""

from datetime import timedelta
from typing import Any

import httpx
import psycopg
from fastapi import FastAPI

from marketplace.fraud_rules import shipped
from marketplace.warehouse import Warehouse
from models.fraud.dataset import build_training_set, write_training_set
from tests.factories import make_attempt as make_shop_attempt
from tests.factories import make_user
from tests.models.fraud.factories import NOON, make_attempts, make_labels, retrieve
from tests.storefront_api.conftest import signed_in

Shop = psycopg.Connection[dict[str, Any]]

DAY = timedelta(days=1)
BLOCKED = {"name": "blocked", "when": {"in_list": "blocked"}, "action": "decline", "sentence": "is blocked"}
YOUNG = {
    "name": "young",
    "when": {"field": "account_age_seconds", "op": "<", "value": 3600},
    "action": "review",
    "sentence": "the account is {account_age_seconds} old",
}
EARLIER = {
    "name": "earlier",
    "when": {"field": "order_count_total", "op": ">=", "value": 0},
    "action": "allow",
    "sentence": "has orders",
}


async def run(analyst: httpx.AsyncClient, *rules: dict[str, Any], **body: Any) -> dict[str, Any]:
    document = {"review_points": 40, "block_points": 80, "rules": list(rules)}
    made = await analyst.post("/v1/fraud/rules", json={"document": document, "note": "to be tried"})
    answer = await analyst.post(f"/v1/fraud/rules/{made.json()['version']}/back-tests", json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json()["result"])


async def test_attempts_are_judged_by_what_was_so_at_their_time(app: FastAPI, shop: Shop, database_url: str) -> None:
    analyst = await signed_in(app, make_user(shop, user_id="ana", role="analyst")["email"])
    nothing = await run(analyst, YOUNG)
    assert (nothing["attempt_count"], nothing["set"]["stopped"]["precision"]) == (0, None)

    attempts = make_attempts(
        {"attempted_at": NOON - 60 * DAY, "signed_up_at": NOON - 60 * DAY - timedelta(minutes=2)},
        {"attempted_at": NOON - 50 * DAY},
        {"attempted_at": NOON - 40 * DAY},
        {"attempted_at": NOON - DAY, "signed_up_at": NOON - DAY - timedelta(minutes=5)},
    )
    labels = make_labels(("attempt-1", True, NOON - 50 * DAY), ("attempt-3", True, NOON - 35 * DAY))
    write_training_set(Warehouse(database_url), build_training_set(attempts, labels, retrieve, until=NOON))
    make_user(shop, user_id="ayesha")
    for number, device in enumerate(attempts["device_id"], start=1):
        make_shop_attempt(shop, "ayesha", payment_attempt_id=f"attempt-{number}", device_id=None, card_token=device)
    # The card was blocked between the second and the third attempt; the list says so still.
    shop.execute(
        "insert into shop.fraud_list_entries (fraud_list_entry_id, list_name, kind, value, reason, added_by, added_at)"
        " values ('e', 'blocked', 'card', %s, 'a chargeback', 'ana', %s)",
        (attempts["device_id"].iloc[0], NOON - 45 * DAY),
    )
    result = await run(analyst, YOUNG, BLOCKED)
    fired = {rule["name"]: rule["fires"] for rule in result["rules"]}
    assert result["attempt_count"] == 4
    # The young account of yesterday is nobody's fraud yet: it counts as volume alone.
    assert (fired["young"]["count"], fired["young"]["known_count"], fired["young"]["precision"]) == (2, 1, 1.0)
    assert (fired["blocked"]["count"], fired["blocked"]["fraud_count"]) == (2, 1)
    assert (result["set"]["stopped"]["count"], result["set"]["declined_count"]) == (3, 2)
    assert (result["fraud_count"], result["known_count"]) == (2, 3)
    # Beside it the shipped rules, which know the young account too but give it few points.
    assert result["at_work"]["stopped"]["count"] == 2
    assert result["newly_stopped"]["count"] == 1

    recent = await run(analyst, YOUNG, EARLIER, days=30)
    assert recent["attempt_count"] == 1


def test_shipped_rules_ask_for_nothing_that_history_lacks() -> None:
    from models.fraud.dataset import COLUMN_TYPES

    derived = {"account_age_seconds", "most_attempts_1h"}
    assert shipped().fields() - derived <= set(COLUMN_TYPES)
