"""What wraps every request: its id, who sent it, security headers, cookies to set, its metrics, its last-resort error."""

import random
import re
import time
from collections.abc import Iterable
from http.cookies import SimpleCookie
from typing import Any, Literal, TypeAlias

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
_READ = frozenset({b"authorization", b"x-request-id", b"x-forwarded-for"})
_REQUEST_ID = re.compile(r"[A-Za-z0-9_.-]{8,64}")

Header: TypeAlias = tuple[bytes, bytes]
Claimed: TypeAlias = tuple[dict[str, Any] | None, Literal["bearer", "cookie"] | None, AuthenticationError | None]

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
    `token_error` and `client_address`; and, for whoever wants to add to the answer, whichever it will be, `added_headers` and
    `new_cookies`. All of this is paid for by every request, hence the pains: one look at the headers, one wrapped `send`.
    """

    def __init__(self, app: ASGIApp, *, signer: Signer, metrics: Metrics, proxy_count: int, is_secure: bool) -> None:
        self.app = app
        self.signer = signer
        self.metrics = metrics
        self.proxy_count = proxy_count
        self.is_secure = is_secure
        fixed = SECURITY_HEADERS | ({"Strict-Transport-Security": "max-age=31536000; includeSubDomains"} if is_secure else {})
        self.fixed_headers = {name.lower().encode(): (name.lower().encode(), value.encode()) for name, value in fixed.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        started = time.perf_counter()
        if self.is_secure:
            # The browser asks a proxy by TLS, whatever scheme the proxy asks us by; a redirect names the browser's.
            scope["scheme"] = "https"
        state = scope.setdefault("state", {})
        self._fill(state, scope)
        status = 0

        async def finish(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = self._all_headers(message.get("headers", ()), state)
            await send(message)

        try:
            await self.app(scope, receive, finish)
        except Exception as error:
            if status:
                raise
            log.error("request_failed", code="internal_error", error=type(error).__name__, exc_info=error)
            response = await problems.unexpected(Request(scope))
            await response(scope, receive, finish)
        finally:
            route = getattr(scope.get("route"), "path", "unmatched")
            self.metrics.observe(scope["method"], route, status, time.perf_counter() - started)

    def _fill(self, state: dict[str, Any], scope: Scope) -> None:
        told = _headers_read_here(scope)
        given = told.get(b"x-request-id", "")
        request_id = given if given and _REQUEST_ID.fullmatch(given) else f"req_{_numbers.getrandbits(128):032x}"
        state["request_id"] = request_id
        state["client_address"] = _client_address(scope, told.get(b"x-forwarded-for", ""), proxy_count=self.proxy_count)
        state["added_headers"] = [(b"x-request-id", request_id.encode())]
        state["new_cookies"] = {}
        state["claims"], state["claims_from"], state["token_error"] = self._claims(scope, told.get(b"authorization", ""))

    def _claims(self, scope: Scope, authorization: str) -> Claimed:
        kind, _, token = authorization.partition(" ")
        if kind.lower() == "bearer":
            try:
                return self.signer.read_access_token(token.strip()), "bearer", None
            except AuthenticationError as error:
                return None, None, error
        if cookie := Request(scope).cookies.get(ACCESS_COOKIE):
            try:
                return self.signer.read_access_token(cookie), "cookie", None
            except AuthenticationError:
                return None, None, None  # a browser's cookie just ran out: it is a guest until it refreshes
        return None, None, None

    def _all_headers(self, own: Iterable[Header], state: dict[str, Any]) -> list[Header]:
        headers = [*own]
        given = {name for name, _ in headers}
        if given.isdisjoint(self.fixed_headers):
            headers += self.fixed_headers.values()
        else:
            headers += [header for name, header in self.fixed_headers.items() if name not in given]
        headers += state["added_headers"]
        if cookies := state["new_cookies"]:
            headers += [(b"set-cookie", cookie.encode("latin-1")) for cookie in cookies.values()]
        return headers


def _headers_read_here(scope: Scope) -> dict[bytes, str]:
    """By name; several of one name are one list with commas (RFC 9110, 5.3): proxies may add a line of their own."""
    read: dict[bytes, str] = {}
    for name, value in scope["headers"]:
        if name in _READ:
            text = value.decode("latin-1")
            read[name] = f"{read[name]},{text}" if name in read else text
    return read


def _client_address(scope: Scope, forwarded: str, *, proxy_count: int) -> str | None:
    """The address of the client; `X-Forwarded-For` counts only for as many proxies as we know to stand before us."""
    if proxy_count and forwarded:
        addresses = [part.strip() for part in forwarded.split(",") if part.strip()]
        if len(addresses) >= proxy_count:
            return addresses[-proxy_count]
    client = scope.get("client")
    return client[0] if client else None


def set_cookie(request: Request, name: str, value: str, *, max_age: int | None, is_secure: bool, http_only: bool = True) -> None:
    """Put a cookie on whatever response this request ends in; an age of 0 removes it, None lasts as long as the browser."""
    cookie: SimpleCookie = SimpleCookie({name: value})
    morsel = cookie[name]
    morsel["path"], morsel["samesite"], morsel["httponly"], morsel["secure"] = "/", "Lax", http_only, is_secure
    if max_age is not None:
        morsel["max-age"] = max_age
    request.state.new_cookies[name] = morsel.OutputString()
