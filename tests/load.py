"""A steady stream of requests while a test does something to who answers them."""

import asyncio
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

_CONNECTIONS = 32


@dataclass(frozen=True)
class Call:
    """One kind of request; `read` says what is kept of the answer's body, a version for example."""

    url: str
    body: dict[str, Any] | None = None
    read: Callable[[dict[str, Any]], str] = lambda answer: str(answer["version"])
    headers: dict[str, str] = field(default_factory=dict)


class Load:
    """`rate` requests a second over all `calls` in turn, sent on time whether or not the ones before were answered.

    A failure is an answer other than 200, or none within `timeout` seconds.
    """

    def __init__(self, *calls: Call, rate: float, timeout: float = 10.0) -> None:
        self.failures: list[str] = []
        self.seconds: list[float] = []
        self.first_seen: dict[str, float] = {}
        self._calls = calls
        self._rate = rate
        self._timeout = timeout
        self._stop = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)
        self._began = time.monotonic()

    @property
    def count(self) -> int:
        """Requests that were answered or failed."""
        return len(self.seconds) + len(self.failures)

    def summary(self) -> str:
        """One line for people: how many, how fast, how many failed."""
        ordered = sorted(self.seconds) or [float("nan")]
        p50, p99 = (ordered[int(share * (len(ordered) - 1))] * 1000 for share in (0.5, 0.99))
        rate = self.count / (time.monotonic() - self._began)
        return f"{self.count} requests, {rate:.0f}/s, p50 {p50:.1f} ms, p99 {p99:.1f} ms, {len(self.failures)} failed"

    def wait_for(self, seen: str, *, within: float) -> float:
        """Seconds until an answer first said `seen`; fails after `within`."""
        began = time.monotonic()
        while seen not in self.first_seen:
            assert time.monotonic() - began < within, f"{seen} not seen within {within} s, only {self.first_seen}"
            time.sleep(0.02)
        return max(0.0, self.first_seen[seen] - began)

    def forget(self, seen: str) -> None:
        """Let `wait_for` wait for the next such answer."""
        self.first_seen.pop(seen, None)

    def __enter__(self) -> "Load":
        self._began = time.monotonic()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(timeout=self._timeout + 10)

    async def _run(self) -> None:
        limits = httpx.Limits(max_connections=_CONNECTIONS, max_keepalive_connections=_CONNECTIONS)
        timeout = httpx.Timeout(self._timeout, pool=None)
        async with httpx.AsyncClient(limits=limits, timeout=timeout, trust_env=False) as client, asyncio.TaskGroup() as sent:
            number = 0
            while not self._stop.is_set():
                due = self._began + number / self._rate
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                sent.create_task(self._send(client, self._calls[number % len(self._calls)]))
                number += 1

    async def _send(self, client: httpx.AsyncClient, call: Call) -> None:
        began = time.monotonic()
        try:
            method = "GET" if call.body is None else "POST"
            answer = await client.request(method, call.url, json=call.body, headers=call.headers)
            if answer.status_code != httpx.codes.OK:
                self.failures.append(f"{call.url}: {answer.status_code} {answer.text[:200]}")
                return
            self.first_seen.setdefault(call.read(answer.json()), time.monotonic())
            self.seconds.append(time.monotonic() - began)
        except httpx.HTTPError as error:
            self.failures.append(f"{call.url}: {error!r}")
