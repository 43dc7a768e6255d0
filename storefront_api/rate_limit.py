"""How often one person and one address may ask in a minute, in a moving window."""

import threading
import time

from limits.storage import MemoryStorage
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from storefront_api.problems import too_many_requests

# Health and metrics are asked by machines on a timetable, static files come a dozen to a page.
_FREE = ("/static/", "/livez", "/readyz", "/metrics", "/favicon.ico")
# Pictures come two dozen to a page without anybody asking for each: they count for the address, not for the person.
_PICTURES = "/pictures/"
_A_MINUTE = 60


class _NoTimer(threading.Timer):
    """Stands in for the library's timer and never runs.

    By itself the library starts a thread every ten milliseconds that goes through every key, and lets none of them go. It starts
    none while its timer is alive, and what a window counts does not depend on it.
    """

    def is_alive(self) -> bool:
        return True


def windows_without_thread() -> MemoryStorage:
    """Windows that only their user touches, who has to `sweep` them."""
    windows = MemoryStorage()
    windows.timer.cancel()
    windows.timer.join()
    windows.timer = _NoTimer(0, windows.timer.function)
    return windows


def sweep(windows: MemoryStorage, now: float) -> None:
    """Let go of every entry that has run out, and of every key that has no other."""
    for key, newest_first in [*windows.events.items()]:
        while newest_first and newest_first[-1].expiry < now:
            newest_first.pop()
        if not newest_first:
            windows.clear(key)


class RateLimitMiddleware:
    """Answers 429 with `Retry-After` once a limit is used up, and has every other answer tell what is left."""

    def __init__(self, app: ASGIApp, *, per_user: int, per_address: int) -> None:
        self.app = app
        self.per_user = per_user
        self.per_address = per_address
        self.windows = windows_without_thread()
        self.swept_next = time.time() + _A_MINUTE

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(_FREE):
            return await self.app(scope, receive, send)
        state = scope["state"]
        claims = state["claims"]
        key, amount = f"address:{state['client_address']}", self.per_address
        is_allowed = self.windows.acquire_entry(key, amount, _A_MINUTE)
        if is_allowed and claims is not None and not scope["path"].startswith(_PICTURES):
            # The person's own limit is the one worth showing, unless the address was refused first.
            key, amount = f"user:{claims['sub']}", self.per_user
            is_allowed = self.windows.acquire_entry(key, amount, _A_MINUTE)

        began, count = self.windows.get_moving_window(key, amount, _A_MINUTE)
        now = time.time()
        if now >= self.swept_next:
            sweep(self.windows, now)
            self.swept_next = now + _A_MINUTE
        reset = max(1, round(began + _A_MINUTE - now + 0.5))
        state["added_headers"] += (
            (b"ratelimit-limit", b"%d" % amount),
            (b"ratelimit-remaining", b"%d" % max(0, amount - count)),
            (b"ratelimit-reset", b"%d" % reset),
        )
        if is_allowed:
            return await self.app(scope, receive, send)
        detail = f"more than {amount} requests in a minute; wait {reset} s"
        response = await too_many_requests(Request(scope), detail, {"Retry-After": str(reset)})
        await response(scope, receive, send)
