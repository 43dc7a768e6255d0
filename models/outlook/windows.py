"""Stretches of the past that were a future once: what was known before, and what came."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.outlook.config import OutlookConfig
from models.outlook.features import Activity, Floats, Known, known_at


@dataclass(frozen=True)
class Window:
    """Everybody known when it began, in the order of `known.rows`, and what they did until it ended.

    Attributes:
        is_active: whether there was a sale within the horizon before it began: only of these it is asked whether they leave.
        stayed_away: 1 where no sale came. amount: in typical days of sale, as they were before; not below
            zero, whatever was returned.
    """

    known: Known
    horizon: int
    is_active: NDArray[np.bool_]
    stayed_away: Floats
    amount: Floats


def day_number(instant: pd.Timestamp) -> int:
    """Days since 1970 of a UTC midnight."""
    return int(instant.timestamp() // 86_400)


def is_active(known: Known, horizon: int) -> NDArray[np.bool_]:
    """Who had a sale within the last `horizon` days."""
    return np.asarray(known.feature("silent_days") <= horizon)


def window_until(activity: Activity, end: int, horizon: int) -> Window:
    """The window of `horizon` days that ends before day `end`."""
    known = known_at(activity, end - horizon, horizon=horizon)
    counts, amounts = activity.between(end - horizon, end)
    return Window(
        known,
        horizon,
        is_active(known, horizon),
        (counts[known.rows] == 0).astype(np.float64),
        np.maximum(amounts[known.rows], 0) / np.maximum(known.typical, 1),
    )


def windows_until(activity: Activity, end: int, horizon: int, config: OutlookConfig) -> list[Window]:
    """The windows to learn from: they overlap, each begins a part of a horizon before the one after it."""
    ends = [end - step * horizon // config.cutoffs for step in range(config.cutoffs)]
    return [window_until(activity, each, horizon) for each in ends]
