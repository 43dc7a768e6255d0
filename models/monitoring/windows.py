"""Days and weeks of UTC, aligned so that the same rows always fall into the same window."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

DAY, WEEK = timedelta(days=1), timedelta(days=7)
_MONDAY = datetime(1970, 1, 5, tzinfo=UTC)


@dataclass(frozen=True, order=True)
class Window:
    """From `start`, before `end`."""

    start: datetime
    end: datetime


def complete_windows(first: datetime, until: datetime, length: timedelta) -> list[Window]:
    """The whole windows between the two instants, oldest first; weeks begin on Monday, days at UTC midnight."""
    start = _MONDAY + ((first - _MONDAY + length - timedelta(microseconds=1)) // length) * length
    count = max(0, (until - start) // length)
    return [Window(start + number * length, start + (number + 1) * length) for number in range(count)]


def window_length(row_count: int, first: datetime, until: datetime, *, rows_per_day: int) -> timedelta:
    """A day where an average day brings `rows_per_day`, else a week: drift is found as early as the rows allow."""
    days = max((until - first) / DAY, 1.0)
    return DAY if row_count / days >= rows_per_day else WEEK


def reference_windows(
    windows: Sequence[Window], judged: Window, *, trained_until: datetime | None, since: datetime, count: int
) -> list[Window]:
    """The newest `count` windows that end where training ended or where `judged` begins, whichever is earlier.

    Args:
        trained_until: the training cutoff of the model that serves; None compares with the windows just before.
        since: windows that begin earlier are left out, because a feature was still filling its look-back then.
    """
    until = judged.start if trained_until is None else min(judged.start, trained_until)
    return [window for window in windows if window.start >= since and window.end <= until][-count:]
