"""The loop, on a living marketplace: an order becomes a decision, a raw row and the seller's figure; a dead part is bridged."""

import asyncio
import os
import signal
import time
import uuid
from collections.abc import Callable
from statistics import median
from typing import Any

import httpx
import psutil
import pytest

from marketplace.local.state import read_state
from tests.freshness import look_at, seconds_until_another_list
from tests.living import Living


def signed_in(living: Living, email: str) -> httpx.Client:
    """A client that carries the person's access token."""
    client = httpx.Client(base_url=living.shop, timeout=30)
    password = living.settings.demo_password.get_secret_value()
    answer = client.post("/v1/sign-in", json={"email": email, "password": password})
    assert answer.status_code == 200, answer.text
    client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    client.cookies.clear()
    return client


def eventually(claim: Callable[[], Any], *, within: float) -> Any:
    """What `claim` answers once that is true; fails after `within` seconds."""
    deadline = time.monotonic() + within
    while not (answer := claim()):
        assert time.monotonic() < deadline, f"not within {within} s"
        time.sleep(0.2)
    return answer


def shelf(client: httpx.Client) -> dict[str, Any]:
    answer = client.get("/v1/recommendations", params={"k": 10})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def shown(answer: dict[str, Any]) -> list[str]:
    return [item["product"]["product_id"] for item in answer["items"]]


def ranked(answer: dict[str, Any]) -> list[str]:
    """Without the product that chance put there: it is another one each time."""
    return [item["product"]["product_id"] for item in answer["items"] if item["source"] != "exploration"]


def test_two_personas_see_different_products_with_reasons(living: Living) -> None:
    one, other = (shelf(signed_in(living, email)) for email in ("customer@demo.example", "customer2@demo.example"))
    for answer in (one, other):
        assert answer["fallback"] is False
        assert answer["model"] == "recommendation"
        assert int(answer["version"]) >= 1
        assert all(item["reason"] and item["source"] for item in answer["items"])
        assert len(set(shown(answer))) == len(shown(answer)) == 10
    assert len(set(shown(one)) & set(shown(other))) <= 5


def test_clicks_change_the_next_recommendations(living: Living) -> None:
    # Feast looks for new definitions once a minute, and the first run has only just written them.
    assert seconds_until_clicks_count(living, patience=100) < 100
    for email in (None, "customer2@demo.example"):
        seconds = asyncio.run(seconds_until_each_click_counts(living, email))
        print(f"click to another list, {email or 'guest'}: median {median(seconds):.2f} s, longest {max(seconds):.2f} s")
        assert median(seconds) <= 1.0, seconds


async def seconds_until_each_click_counts(living: Living, email: str | None, *, clicks: int = 7) -> list[float]:
    """For each click of one visit, a guest's or a customer's, how long until the list is another one."""
    products = living.rows(
        "select product_id from shop.products join shop.stock using (product_id) where is_active and units_on_hand > 0 "
        "order by md5(product_id) limit %s",
        clicks,
    )
    async with httpx.AsyncClient(base_url=living.shop, timeout=30) as client:
        if email is not None:
            client.headers["Authorization"] = signed_in(living, email).headers["Authorization"]
        return [
            await seconds_until_another_list(client, lambda row=row: look_at(client, row["product_id"]))  # type: ignore[misc]
            for row in products
        ]


def seconds_until_clicks_count(living: Living, *, patience: float) -> float:
    """How long after three clicks a new visitor's list is another one."""
    visitor = httpx.Client(base_url=living.shop, timeout=30)
    before = ranked(shelf(visitor))
    products = living.rows(
        "select product_id from shop.products join shop.stock using (product_id) where is_active and units_on_hand > 0 "
        "and category_id = (select category_id from shop.products where is_active group by 1 order by count(*) desc, 1 limit 1) "
        "order by product_id limit 3"
    )
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    events = [
        {"event_id": str(uuid.uuid4()), "event_type": "product_view", "product_id": row["product_id"], "occurred_at": now}
        for row in products
    ]
    answer = visitor.post("/v1/events", json={"events": events})
    assert answer.status_code == 202, answer.text
    began = time.monotonic()
    eventually(lambda: ranked(shelf(visitor)) != before, within=patience)
    return time.monotonic() - began


def test_order_gets_a_scored_decision_and_reaches_raw_and_the_sellers_figures(living: Living) -> None:
    customer = signed_in(living, "customer@demo.example")
    product = living.rows(
        "select product_id, seller_id from shop.products join shop.stock using (product_id) "
        "where is_active and units_on_hand > 3 and not exists (select from shop.customisations c "
        "where c.product_id = products.product_id and c.is_required) order by price_minor limit 1"
    )[0]
    body = {
        "items": [{"product_id": product["product_id"], "quantity": 1}],
        "payment": {"method": "card", "token": f"tok_{uuid.uuid4().hex}"},
    }
    answer = customer.post("/v1/orders", json=body, headers={"Idempotency-Key": str(uuid.uuid4())})
    assert answer.status_code == 201, answer.text
    order_id = answer.json()["order_id"]
    decision = living.rows("select * from shop.fraud_decisions where order_id = %s", order_id)[0]
    assert decision["is_fallback"] is False
    assert decision["model_name"] == "fraud"
    assert int(decision["model_version"]) >= 1
    assert 0 <= decision["probability"] <= 1
    assert decision["reasons"]
    if decision["decision"] != "approve":
        analyst = signed_in(living, "analyst@demo.example")
        case = living.rows("select fraud_case_id from shop.fraud_cases where order_id = %s", order_id)[0]["fraud_case_id"]
        assert analyst.post(f"/v1/fraud/cases/{case}/claim").status_code == 200
        settled = analyst.post(f"/v1/fraud/cases/{case}/decision", json={"outcome": "legitimate", "reason": "known customer"})
        assert settled.status_code == 200, settled.text
    day = "select coalesce(sum(order_count), 0)::int as orders from marts.fct_seller_days where seller_id = %s"
    before = living.rows(day, product["seller_id"])[0]["orders"]
    for group in ("raw", "warehouse"):
        living.command("run", "--only", group)
    raw = living.rows("select event_type from raw_shop.events where customer_id is not null and event_type = 'purchase' "
                      "and product_id = %s and created_at > now() - interval '1 hour'", product["product_id"])  # fmt: skip
    assert raw
    assert living.rows("select is_sale from marts.fct_orders where order_id = %s", order_id)[0]["is_sale"] is True
    assert living.rows(day, product["seller_id"])[0]["orders"] == before + 1


@pytest.mark.parametrize("part", ["services", "postgres"])
def test_killed_part_is_bridged_and_comes_back(living: Living, part: str) -> None:
    customer = signed_in(living, "customer2@demo.example")
    assert shelf(customer)["fallback"] is False
    state = read_state(living.state_dir)
    victim = state.parts[part].process if state else None
    assert victim is not None
    for child in psutil.Process(victim.pid).children(recursive=True) if part == "services" else []:
        child.kill()
    os.kill(victim.pid, signal.SIGKILL)
    if part == "services":
        answer = shelf(customer)
        assert answer["fallback"] is True
        assert len(answer["items"]) == 10
    else:
        answers = {customer.get("/v1/recommendations").status_code for _ in range(3)}
        assert answers <= {200, 503}

    def is_back() -> bool:
        answer = customer.get("/v1/recommendations", params={"k": 10})
        return answer.status_code == 200 and answer.json()["fallback"] is False

    eventually(is_back, within=60)
