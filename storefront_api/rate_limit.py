"""How often one person and one address may ask in a minute, in a moving window."""

import threading
import time

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from storefront_api.problems import too_many_requests

# Health and metrics are asked by machines on a timetable, static files come a dozen to a page.
_FREE = ("/static/", "/livez", "/readyz", "/metrics", "/favicon.ico")
# Pictures come two dozen to a page without anybody asking for each: they count for the address, not for the person.
_PICTURES = "/pictures/"
_SWEPT_EVERY = 60.0


class SweptMemoryStorage(MemoryStorage):
    """The library's storage, which lets go of what ran out once a minute.

    By itself it starts a thread every ten milliseconds that goes through every key: with some thousand people that cost more
    than all else that a cheap request does. What a window counts does not depend on it.
    """

    @property
    def timer(self) -> threading.Timer:
        """The thread that sweeps next; the library starts another one when it has ended."""
        return self._timer

    @timer.setter
    def timer(self, timer: threading.Timer) -> None:
        timer.interval, timer.daemon = _SWEPT_EVERY, True
        self._timer = timer


class RateLimitMiddleware:
    """Answers 429 with `Retry-After` once a limit is used up, and tells what is left on every other answer."""

    def __init__(self, app: ASGIApp, *, per_user: int, per_address: int) -> None:
        self.app = app
        self.limiter = MovingWindowRateLimiter(SweptMemoryStorage())
        self.per_user = RateLimitItemPerMinute(per_user)
        self.per_address = RateLimitItemPerMinute(per_address)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(_FREE):
            return await self.app(scope, receive, send)
        state = scope["state"]
        claims = state["claims"]
        limits = [(self.per_address, f"address:{state['client_address']}")]
        if claims is not None and not scope["path"].startswith(_PICTURES):
            limits.append((self.per_user, f"user:{claims['sub']}"))

        is_refused = False
        for item, key in limits:
            if not self.limiter.hit(item, key):
                is_refused = True
                break
        # The person's own limit is the one worth showing; it is the last, unless the address was refused first.
        window = self.limiter.get_window_stats(item, key)
        reset = max(1, round(window.reset_time - time.time() + 0.5))
        told = {
            "RateLimit-Limit": str(item.amount),
            "RateLimit-Remaining": str(max(0, window.remaining)),
            "RateLimit-Reset": str(reset),
        }
        if is_refused:
            detail = f"more than {item.amount} requests in a minute; wait {reset} s"
            response = await too_many_requests(Request(scope), detail, told | {"Retry-After": str(reset)})
            return await response(scope, receive, send)

        headers = [(name.lower().encode(), value.encode()) for name, value in told.items()]

        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *headers]
            await send(message)

        await self.app(scope, receive, tell)
