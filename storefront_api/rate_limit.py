"""How often one person and one address may ask in a minute, in a moving window."""

import time

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from storefront_api.problems import too_many_requests

# Health and metrics are asked by machines on a timetable, static files come a dozen to a page.
_FREE = ("/static/", "/livez", "/readyz", "/metrics", "/favicon.ico")
# Pictures come two dozen to a page without anybody asking for each: they count for the address, not for the person.
_PICTURES = "/pictures/"


class RateLimitMiddleware:
    """Answers 429 with `Retry-After` once a limit is used up, and tells what is left on every other answer."""

    def __init__(self, app: ASGIApp, *, per_user: int, per_address: int) -> None:
        self.app = app
        self.limiter = MovingWindowRateLimiter(MemoryStorage())
        self.per_user = RateLimitItemPerMinute(per_user)
        self.per_address = RateLimitItemPerMinute(per_address)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(_FREE):
            return await self.app(scope, receive, send)
        request = Request(scope)
        claims = request.state.claims
        limits = [(self.per_address, f"address:{request.state.client_address}")]
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
            response = await too_many_requests(request, detail, told | {"Retry-After": str(reset)})
            return await response(scope, receive, send)

        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(told)
            await send(message)

        await self.app(scope, receive, tell)
