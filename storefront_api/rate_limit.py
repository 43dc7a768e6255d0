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
_SWEPT_EVERY = 60.0


class Sweeper(threading.Timer):
    """Lets the limits' memory go of what ran out, once a minute.

    By itself the library starts a thread every ten milliseconds that goes through every key: with some thousand people that
    costs more than all else that a cheap request does. It starts none while this one is alive, and what a window counts does
    not depend on it.
    """

    @classmethod
    def of(cls, storage: MemoryStorage) -> "Sweeper":
        """The one that sweeps `storage` from now on, in place of the library's own."""
        storage.timer.join()
        storage.timer = sweeper = cls(_SWEPT_EVERY, storage.timer.function)
        sweeper.daemon = True
        sweeper.start()
        return sweeper

    def run(self) -> None:
        while not self.finished.wait(self.interval):
            self.function()


class RateLimitMiddleware:
    """Answers 429 with `Retry-After` once a limit is used up, and has every other answer tell what is left."""

    def __init__(self, app: ASGIApp, *, per_user: int, per_address: int) -> None:
        self.app = app
        self.per_user = per_user
        self.per_address = per_address
        self.windows = MemoryStorage()
        Sweeper.of(self.windows)

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
        reset = max(1, round(began + _A_MINUTE - time.time() + 0.5))
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
