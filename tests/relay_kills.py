"""Shoppers click while the relay is killed again and again: what they were told is kept, and their visits' features end right."""

import os
import signal
import time
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from marketplace.local.state import State, read_state
from tests.living import Living
from tests.online_offline import online

VISITORS = 5
_RECOUNT = """
with products as (
    select session_id, product_id, max(occurred_at) as last_at, count(*) filter (where event_type = 'product_view') as views,
        count(*) filter (where event_type = 'cart_add') as carts
    from shop.events where session_id = any(%s) group by 1, 2
)
select session_id, sum(views)::int as view_count, sum(carts)::int as cart_count,
    (array_agg(product_id order by last_at desc, product_id))[1:20] as recent_product_ids
from products group by 1 order by 1
"""


@dataclass(frozen=True)
class Outcome:
    """What was acknowledged, and what is there afterwards."""

    acknowledged: set[str]
    stored: list[str]
    left_in_outbox: int
    recounted: list[dict[str, Any]]
    served: list[dict[str, Any]]
    seconds_to_converge: float


def clicks_while_the_relay_dies(living: Living, *, kills: int) -> Outcome:
    """A few visitors click on until the relay was killed `kills` times; then everything settles."""
    acknowledged: set[str] = set()
    with ExitStack() as stack:
        visitors = [stack.enter_context(httpx.Client(base_url=living.shop, timeout=30)) for _ in range(VISITORS)]
        products = [row["product_id"] for row in living.rows("select product_id from shop.products order by 1 limit 40")]
        began, number = datetime.now(UTC) - timedelta(hours=1), 0
        for kill in range(kills):
            victim = _relay(living)
            if kill % 2:
                _wait(lambda: _waiting(living) == 0, within=120)  # at work; every other time it is still starting
            until = time.monotonic() + 0.3 + (kill * 7 % 11) / 5
            while time.monotonic() < until:
                number += 1
                event = {
                    "event_id": str(uuid.uuid4()),
                    "event_type": "cart_add" if number % 4 == 0 else "product_view",
                    "product_id": products[number * 13 % len(products)],
                    "occurred_at": (began + timedelta(seconds=number)).isoformat(),
                }
                answer = visitors[number % VISITORS].post("/v1/events", json={"events": [event]})
                assert answer.status_code == 202, answer.text
                acknowledged.add(event["event_id"])
            os.kill(victim, signal.SIGKILL)
            _wait(lambda gone=victim: _relay(living, other_than=gone), within=120)  # type: ignore[misc]
    settling = time.monotonic()
    _wait(lambda: _waiting(living) == 0, within=120)
    took = time.monotonic() - settling
    sessions = [
        row["session_id"]
        for row in living.rows("select distinct session_id from shop.events where event_id = any(%s)", list(acknowledged))
    ]
    recounted = living.rows(_RECOUNT, sessions)
    names = ["view_count", "cart_count", "recent_product_ids"]
    found = online(living, {"session_activity": ("session_id", [row["session_id"] for row in recounted], names)})
    served = [
        {"session_id": row["session_id"]} | {name: found["session_activity"][name][place] for name in names}
        for place, row in enumerate(recounted)
    ]
    stored = living.rows("select event_id from shop.events where session_id = any(%s)", sessions)
    return Outcome(acknowledged, [row["event_id"] for row in stored], _waiting(living), recounted, served, took)


def assert_nothing_lost_or_doubled(outcome: Outcome) -> None:
    """Each acknowledged event is stored once, nothing waits, and every visit is served as SQL counts it."""
    assert sorted(outcome.stored) == sorted(outcome.acknowledged)
    assert outcome.left_in_outbox == 0
    assert len(outcome.recounted) == VISITORS
    assert outcome.served == outcome.recounted


def _waiting(living: Living) -> int:
    [row] = living.rows("select count(*)::int as messages from shop.outbox where relayed_at is null")
    return int(row["messages"])


def _state(living: Living) -> State:
    state = read_state(living.state_dir)
    assert state is not None
    return state


def _relay(living: Living, *, other_than: int = 0) -> int:
    """The process id of the relay that runs now, 0 while there is none or only the killed one."""
    process = _state(living).parts["relay"].process
    return process.pid if process is not None and process.process() is not None and process.pid != other_than else 0


def _wait(claim: Callable[[], object], *, within: float) -> None:
    deadline = time.monotonic() + within
    while not claim():
        assert time.monotonic() < deadline, f"not within {within} s"
        time.sleep(0.1)
