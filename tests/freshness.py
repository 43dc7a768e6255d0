"""How long after a step of a shopper their shelf is another one, as the shopper would notice it."""

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import httpx

_LOOK_EVERY_SECONDS = 0.05


async def for_you(client: httpx.AsyncClient, k: int = 10) -> list[str]:
    """The products of the shelf, best first, without the one that chance put there: it is another one each time."""
    answer = await client.get("/v1/recommendations", params={"k": k})
    assert answer.status_code == 200, answer.text
    return [item["product"]["product_id"] for item in answer.json()["items"] if item["source"] != "exploration"]


async def look_at(client: httpx.AsyncClient, product_id: str) -> None:
    """The shopper's browser tells of one look at a product."""
    event: dict[str, Any] = {"event_id": str(uuid.uuid4()), "event_type": "product_view", "product_id": product_id}
    answer = await client.post("/v1/events", json={"events": [event | {"occurred_at": datetime.now(UTC).isoformat()}]})
    assert answer.status_code == 202, answer.text


async def seconds_until_another_list(
    client: httpx.AsyncClient, step: Callable[[], Awaitable[None]], *, patience: float = 10.0
) -> float:
    """Seconds from the step's acknowledgement to the first list that differs from the one before it."""
    before = await for_you(client)
    await step()
    began = time.monotonic()
    while await for_you(client) == before:
        assert time.monotonic() - began < patience, f"the list was still the same after {patience} s"
        await asyncio.sleep(_LOOK_EVERY_SECONDS)
    return time.monotonic() - began
