"""One shopper's browser: cookies, pace, retries, and what the shop answers.

It is polite: it keeps to the pace it was given, waits as long as a 429 or 503 asks for, backs off when the shop does not
answer, and never repeats what might have been done without a key that makes repeating harmless.
"""

import time
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from marketplace.simulation.live.report import Report

# What makes a simulated visit recognisable: the shop stores the platform as the device's operating system.
PLATFORM = "Simulated"
_HEADERS = {"User-Agent": "marketplace-living-shopper", "Sec-CH-UA-Platform": f'"{PLATFORM}"'}
_DEVICE_COOKIE = "cy_device"
_TRIES = 5
_TIMEOUT = httpx.Timeout(10.0, connect=3.0)
_LONGEST_WAIT = 65.0  # seconds; a minute's rate limit is over by then


class RefusedError(Exception):
    """The shop understood and said no; `code` is the problem's own."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(f"{status} {code}")
        self.code = code


class GaveUpError(Exception):
    """The shop did not answer, however often it was asked; `reason` says how."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class _AskAgainError(GaveUpError):
    """Worth another try, not before `after` seconds."""

    def __init__(self, reason: str, after: float = 0.0) -> None:
        super().__init__(reason)
        self.after = after


class Browser:
    """Requests of one device; a visit is a session of the shop."""

    def __init__(self, shop: str, report: Report, turn: Callable[[], Awaitable[None]], *, address: str | None = None) -> None:
        """`turn` is awaited before every request; `address` is told as X-Forwarded-For, for shops behind a proxy."""
        headers = _HEADERS | ({"X-Forwarded-For": address} if address else {})
        self._client = httpx.AsyncClient(base_url=shop, headers=headers, timeout=_TIMEOUT)
        self._report = report
        self._turn = turn
        self._backoff = wait_exponential_jitter(initial=0.5, max=15.0)

    async def close(self) -> None:
        await self._client.aclose()

    def new_visit(self, device: str | None = None) -> None:
        """Forget session and log-in; the device stays, or becomes `device`."""
        device = device or self.device
        self._client.cookies.clear()
        self._client.headers.pop("Authorization", None)
        if device:
            self._client.cookies.set(_DEVICE_COOKIE, device, domain=self._client.base_url.host, path="/")

    @property
    def device(self) -> str | None:
        """The cookie that says which device this is; None before the first answer."""
        return self._client.cookies.get(_DEVICE_COOKIE)

    async def sign_in(self, email: str, password: str) -> None:
        """Go on as this customer."""
        tokens = await self.post("/v1/sign-in", {"email": email, "password": password})
        self._client.headers["Authorization"] = f"Bearer {tokens['access_token']}"

    async def get(self, path: str, **parameters: Any) -> Any:
        """The answer's JSON.

        Raises:
            RefusedError: the shop said no.
            GaveUpError: it did not answer.
        """
        given = {name: value for name, value in parameters.items() if value is not None}
        return await self._ask("GET", path, params=given)

    async def post(self, path: str, body: dict[str, Any], *, key: str | None = None, is_repeatable: bool = True) -> Any:
        """The answer's JSON; raises as `get` does.

        Args:
            key: sent as Idempotency-Key.
            is_repeatable: whether asking twice does no more than asking once; otherwise a lost answer is not asked for again.
        """
        headers = {"Idempotency-Key": key} if key else {}
        return await self._ask("POST", path, json=body, headers=headers, is_repeatable=is_repeatable)

    async def _ask(self, method: str, path: str, *, is_repeatable: bool = True, **request: Any) -> Any:
        tries = AsyncRetrying(
            stop=stop_after_attempt(_TRIES), wait=self._wait, retry=retry_if_exception_type(_AskAgainError), reraise=True
        )
        async for attempt in tries:
            with attempt:
                self._report.retries += attempt.retry_state.attempt_number > 1
                await self._turn()
                return await self._once(method, path, is_repeatable, request)
        raise AssertionError("tenacity raises after the last try")

    async def _once(self, method: str, path: str, is_repeatable: bool, request: dict[str, Any]) -> Any:
        began = time.perf_counter()
        try:
            answer = await self._client.request(method, path, **request)
        except httpx.TransportError as error:
            was_sent = not isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout))
            failure = GaveUpError if was_sent and not is_repeatable else _AskAgainError
            raise failure(type(error).__name__) from None
        self._report.requests += 1
        self._report.latencies.append((time.perf_counter() - began) * 1000)
        if answer.status_code in (429, 503):
            raise _AskAgainError(str(answer.status_code), _seconds(answer.headers.get("Retry-After")))
        if answer.status_code >= 500:
            raise GaveUpError(str(answer.status_code))
        if answer.status_code >= 400:
            raise RefusedError(answer.status_code, _code(answer))
        try:
            return answer.json()
        except ValueError:
            raise GaveUpError("an answer that is no JSON") from None

    def _wait(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.after if isinstance(error, _AskAgainError) else 0.0
        return min(max(asked, self._backoff(state)), _LONGEST_WAIT)


def _seconds(header: str | None) -> float:
    return float(header) if header and header.isdigit() else 0.0


def _code(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["code"])
    except (ValueError, KeyError, TypeError):
        return str(answer.status_code)
