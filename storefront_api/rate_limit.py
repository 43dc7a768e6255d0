"""How often one person and one address may ask in a minute, in a moving window."""

import time

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from storefront_api.problems import too_many_requests

# Health and metrics are asked by machines on a timetable, static files come a dozen to a page.
_FREE = ("/static/", "/livez", "/readyz", "/metrics", "/favicon.ico")
# Pictures come two dozen to a page without anybody asking for each: they count for the address, not for the person.
_PICTURES = "/pictures/"
_WINDOW = 60.0


class MovingWindow:
    """When each key was let through within the last minute.

    Not the storage of `limits`: that starts a thread every ten milliseconds which looks through every key, and that cost more
    than all else that a cheap request does.
    """

    def __init__(self) -> None:
        self._hits: dict[str, list[float]] = {}
        self._cleared_at = 0.0

    def hit(self, key: str, limit: int, *, now: float) -> tuple[bool, int, float]:
        """Whether the key may ask once more, how often it may after that, and in how many seconds the window moves on."""
        oldest = now - _WINDOW
        if self._cleared_at <= oldest:
            self._hits = {known: hits for known, hits in self._hits.items() if hits and hits[-1] > oldest}
            self._cleared_at = now
        hits = self._hits.setdefault(key, [])
        gone = 0
        while gone < len(hits) and hits[gone] <= oldest:
            gone += 1
        del hits[:gone]
        is_free = len(hits) < limit
        if is_free:
            hits.append(now)
        return is_free, limit - len(hits), (hits[0] if hits else now) - oldest


class RateLimitMiddleware:
    """Answers 429 with `Retry-After` once a limit is used up, and tells what is left on every other answer."""

    def __init__(self, app: ASGIApp, *, per_user: int, per_address: int) -> None:
        self.app = app
        self.window = MovingWindow()
        self.per_user = per_user
        self.per_address = per_address

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(_FREE):
            return await self.app(scope, receive, send)
        request = Request(scope)
        claims = request.state.claims
        limits = [(self.per_address, f"address:{request.state.client_address}")]
        if claims is not None and not scope["path"].startswith(_PICTURES):
            limits.append((self.per_user, f"user:{claims['sub']}"))

        now = time.monotonic()
        # The person's own limit is the one worth showing; it is the last, unless the address was refused first.
        for limit, key in limits:
            is_free, remaining, seconds = self.window.hit(key, limit, now=now)
            if not is_free:
                break
        reset = max(1, round(seconds + 0.5))
        told = {"RateLimit-Limit": str(limit), "RateLimit-Remaining": str(remaining), "RateLimit-Reset": str(reset)}
        if not is_free:
            detail = f"more than {limit} requests in a minute; wait {reset} s"
            response = await too_many_requests(request, detail, told | {"Retry-After": str(reset)})
            return await response(scope, receive, send)

        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    *message.get("headers", ()),
                    *((name.lower().encode(), value.encode()) for name, value in told.items()),
                ]
            await send(message)

        await self.app(scope, receive, tell)
