"""What wraps every request: its id, who sent it, security headers, cookies to set, its metrics, its last-resort error."""

import random
import re
import time
from http.cookies import SimpleCookie
from typing import Any, Literal

import structlog
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from marketplace.errors import AuthenticationError
from storefront_api import problems
from storefront_api.security import Signer
from storefront_api.telemetry import Metrics

log = structlog.get_logger(__name__)

ACCESS_COOKIE = "cy_access"
# An id is not a secret: asking the system for randomness would cost more than the rest of a cheap request.
_numbers = random.Random()
_REQUEST_ID = re.compile(r"[A-Za-z0-9_.-]{8,64}")

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class RequestContextMiddleware:
    """Fills `request.state` and finishes every response, errors included.

    `request.state` holds `request_id`, `claims` (of the access token, or None), `claims_from` ('bearer', 'cookie' or None),
    `token_error` and `client_address`.
    """

    def __init__(self, app: ASGIApp, *, signer: Signer, metrics: Metrics, proxy_count: int, is_secure: bool) -> None:
        self.app = app
        self.signer = signer
        self.metrics = metrics
        self.proxy_count = proxy_count
        fixed = SECURITY_HEADERS | ({"Strict-Transport-Security": "max-age=31536000; includeSubDomains"} if is_secure else {})
        self.fixed_headers = [(name.lower().encode(), value.encode()) for name, value in fixed.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        request = Request(scope)
        self._fill_state(request)
        started = time.perf_counter()
        status = 0

        async def finish(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._add_headers(message, request)
            await send(message)

        try:
            await self.app(scope, receive, finish)
        except Exception as error:
            if status:
                raise
            log.error("request_failed", code="internal_error", error=type(error).__name__, exc_info=error)
            response = await problems.unexpected(request)
            await response(scope, receive, finish)
        finally:
            route = getattr(scope.get("route"), "path", "unmatched")
            self.metrics.observe(request.method, route, status, time.perf_counter() - started)

    def _fill_state(self, request: Request) -> None:
        given = request.headers.get("x-request-id", "")
        state = request.state
        state.request_id = given if given and _REQUEST_ID.fullmatch(given) else f"req_{_numbers.getrandbits(128):032x}"
        state.client_address = client_address(request, proxy_count=self.proxy_count)
        state.new_cookies = {}
        state.claims, state.claims_from, state.token_error = self._claims(request)

    def _claims(
        self, request: Request
    ) -> tuple[dict[str, Any] | None, Literal["bearer", "cookie"] | None, AuthenticationError | None]:
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer":
            try:
                return self.signer.read_access_token(token.strip()), "bearer", None
            except AuthenticationError as error:
                return None, None, error
        if cookie := request.cookies.get(ACCESS_COOKIE):
            try:
                return self.signer.read_access_token(cookie), "cookie", None
            except AuthenticationError:
                return None, None, None  # a browser's cookie just ran out: it is a guest until it refreshes
        return None, None, None

    def _add_headers(self, message: Message, request: Request) -> None:
        headers: list[tuple[bytes, bytes]] = list(message.get("headers", ()))
        given = {name.lower() for name, _ in headers}
        headers += [header for header in self.fixed_headers if header[0] not in given]
        headers.append((b"x-request-id", request.state.request_id.encode()))
        headers += [(b"set-cookie", cookie.encode("latin-1")) for cookie in request.state.new_cookies.values()]
        message["headers"] = headers


def client_address(request: Request, *, proxy_count: int) -> str | None:
    """The address of the client; `X-Forwarded-For` counts only for as many proxies as we know to stand before us."""
    forwarded = [part.strip() for part in request.headers.get("x-forwarded-for", "").split(",") if part.strip()]
    if proxy_count and len(forwarded) >= proxy_count:
        return forwarded[-proxy_count]
    return request.client.host if request.client else None


def set_cookie(request: Request, name: str, value: str, *, max_age: int | None, is_secure: bool, http_only: bool = True) -> None:
    """Put a cookie on whatever response this request ends in; an age of 0 removes it, None lasts as long as the browser."""
    cookie: SimpleCookie = SimpleCookie({name: value})
    morsel = cookie[name]
    morsel["path"], morsel["samesite"], morsel["httponly"], morsel["secure"] = "/", "Lax", http_only, is_secure
    if max_age is not None:
        morsel["max-age"] = max_age
    request.state.new_cookies[name] = morsel.OutputString()
