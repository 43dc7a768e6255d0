"""Past stretches of time: what was known before each, who could be foretold, and what came."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.seller_analytics.config import SellerAnalyticsConfig
from models.seller_analytics.dataset import SeriesTable
from models.seller_analytics.forecast import Floats


def count_days(table: SeriesTable, config: SellerAnalyticsConfig) -> tuple[NDArray[np.int_], NDArray[np.int_]]:
    """Per seller: days since the first sale, and days with sales among the last `recent_days`."""
    return (~np.isnan(table.values)).sum(axis=1), (np.nan_to_num(table.values[:, -config.recent_days :]) > 0).sum(axis=1)


def has_enough(table: SeriesTable, config: SellerAnalyticsConfig) -> NDArray[np.bool_]:
    """Which sellers may get a forecast as of the table's last day."""
    history_days, active_days = count_days(table, config)
    return np.asarray((history_days >= config.min_history_days) & (active_days >= config.min_active_days))


@dataclass(frozen=True)
class Window:
    """A past stretch of days: what was known before it, who could be foretold, and what came."""

    known: SeriesTable
    sellers: NDArray[np.intp]
    weekdays: NDArray[np.intp]
    actual: Floats


def past_windows(table: SeriesTable, config: SellerAnalyticsConfig, *, origins: int) -> list[Window]:
    """Up to `origins` back-to-back windows of `horizon_days` that end on the last day, oldest first.

    Windows before which nobody had enough history are left out.
    """
    windows = []
    for step in range(origins, 0, -1):
        start = len(table.days) - step * config.horizon_days
        if start < config.min_history_days:
            continue
        known = table.first(start)
        sellers = np.flatnonzero(has_enough(known, config))
        if len(sellers):
            window = slice(start, start + config.horizon_days)
            windows.append(Window(known, sellers, table.weekdays[window], table.values[sellers, window]))
    return windows
