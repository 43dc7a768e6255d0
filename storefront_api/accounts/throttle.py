"""Slowing down who guesses passwords: each failure in a row doubles the wait, from one second up to an hour."""

from collections import OrderedDict
from datetime import datetime, timedelta

from storefront_api.problems import TooManyRequestsError

_FREE_FAILURES = 2
_LONGEST = timedelta(hours=1)
_REMEMBERED = 50_000  # keys; the longest untouched are forgotten first


class SignInThrottle:
    """Counts failures per key (an account, an address) in this process.

    Several processes each count on their own, so a guesser gets as many first tries as there are processes.
    """

    def __init__(self) -> None:
        self._failures: OrderedDict[str, tuple[int, datetime]] = OrderedDict()

    def check(self, *keys: str, now: datetime) -> None:
        """Raise `TooManyRequestsError` while one of the keys has to wait."""
        wait = max(self._wait(key, now=now) for key in keys)
        if wait > timedelta(0):
            seconds = int(wait.total_seconds()) + 1
            raise TooManyRequestsError(f"too many failed sign-ins; try again in {seconds} s", retry_after=seconds)

    def failed(self, *keys: str, now: datetime) -> None:
        """Note a failure of every key."""
        for key in keys:
            count, _ = self._failures.pop(key, (0, now))
            self._failures[key] = (count + 1, now)
        while len(self._failures) > _REMEMBERED:
            self._failures.popitem(last=False)

    def succeeded(self, *keys: str) -> None:
        """Forget the failures of these keys."""
        for key in keys:
            self._failures.pop(key, None)

    def _wait(self, key: str, *, now: datetime) -> timedelta:
        count, last = self._failures.get(key, (0, now))
        if count <= _FREE_FAILURES:
            return timedelta(0)
        return last + min(timedelta(seconds=2 ** min(count - _FREE_FAILURES - 1, 12)), _LONGEST) - now
