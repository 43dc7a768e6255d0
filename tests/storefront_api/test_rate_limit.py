"""What the limits remember, and for how long."""

import gc
import threading
import time
import weakref
from typing import Any

import pytest
from starlette.responses import Response

from storefront_api.rate_limit import RateLimitMiddleware


def limits_of(per_address: int) -> RateLimitMiddleware:
    return RateLimitMiddleware(Response(), per_user=9, per_address=per_address)


async def asked_by(limits: RateLimitMiddleware, address: str) -> dict[bytes, bytes]:
    """The headers about the limit that this address is told."""
    state: dict[str, Any] = {"claims": None, "client_address": address, "added_headers": []}

    async def receive() -> dict[str, Any]:
        return {"type": "http.request"}

    async def send(message: Any) -> None:
        del message

    scope = {"type": "http", "method": "GET", "path": "/v1/nothing", "headers": [], "state": state}
    await limits(scope, receive, send)
    return dict(state["added_headers"])


async def test_who_stays_away_is_forgotten_within_two_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    began = time.time()
    limits = limits_of(per_address=2)
    for address in ("once", "again", "again"):
        await asked_by(limits, address)
    monkeypatch.setattr(time, "time", lambda: began + 50)
    assert (await asked_by(limits, "late"))[b"ratelimit-remaining"] == b"1"
    monkeypatch.setattr(time, "time", lambda: began + 70)
    await asked_by(limits, "again")
    assert {key: len(entries) for key, entries in limits.windows.events.items()} == {"address:late": 1, "address:again": 1}
    assert limits.windows.locks.keys() == limits.windows.events.keys()
    assert (await asked_by(limits, "late"))[b"ratelimit-remaining"] == b"0", "what still counts is not swept away"


async def test_limits_take_no_thread_and_end_with_their_application() -> None:
    before = set(threading.enumerate())
    limits = limits_of(per_address=2)
    await asked_by(limits, "somebody")
    assert set(threading.enumerate()) <= before
    windows = weakref.ref(limits.windows)
    del limits
    gc.collect()
    assert windows() is None
