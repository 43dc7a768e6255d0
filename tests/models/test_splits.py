"""The newest window: as long as asked for, longer in a quiet shop, never most of the history."""

import pandas as pd

from models.splits import window_start

LAST = pd.Timestamp("2025-04-10", tz="UTC")


def daily(days: int, *, step: int = 1) -> pd.Series:
    return pd.Series([LAST - pd.Timedelta(days=day) for day in range(0, days + 1, step)])


def test_busy_shop_gets_the_window_asked_for() -> None:
    assert window_start(daily(100), days=14, min_rows=14) == LAST - pd.Timedelta(days=14)


def test_quiet_shop_gets_a_doubled_window() -> None:
    # One row every five days: 14 days hold 3, 28 days hold 6.
    assert window_start(daily(100, step=5), days=14, min_rows=5) == LAST - pd.Timedelta(days=28)


def test_window_never_takes_more_than_its_share() -> None:
    assert window_start(daily(100, step=5), days=14, min_rows=1000) == LAST - pd.Timedelta(days=30)


def test_order_of_rows_does_not_matter() -> None:
    times = daily(100)
    assert window_start(times, days=14, min_rows=5) == window_start(times.sample(frac=1, random_state=0), days=14, min_rows=5)
