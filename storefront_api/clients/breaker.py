"""A circuit breaker: after some failures in a row nobody waits for a service that is down."""

import time
from collections.abc import Callable


class CircuitBreaker:
    """Opens after `failures` in a row, lets one trial through every `pause_s`, and closes when a trial succeeds."""

    def __init__(self, *, failures: int = 5, pause_s: float = 5.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = failures
        self._pause_s = pause_s
        self._clock = clock
        self._failures = 0
        self._retry_at = 0.0

    @property
    def is_open(self) -> bool:
        """Whether calls are refused, single trials aside."""
        return self._failures >= self._limit

    def may_call(self) -> bool:
        """Whether this call may go out; while open it hands out one trial per pause."""
        if not self.is_open:
            return True
        if self._clock() < self._retry_at:
            return False
        self._retry_at = self._clock() + self._pause_s
        return True

    def succeeded(self) -> None:
        """Close."""
        self._failures = 0

    def failed(self) -> None:
        """Count a failure; from the limit on, wait a pause before the next trial."""
        self._failures += 1
        if self.is_open:
            self._retry_at = self._clock() + self._pause_s
