"""Bands by split-conformal prediction: how far off the same recipe was on past windows, in units of the seller's size."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.seller_analytics.forecast import Floats

LEVELS = (0.80, 0.95)


@dataclass(frozen=True)
class Bands:
    """Distances from the forecast to the bounds, in scales: `low` and `high` per level of `LEVELS`."""

    low: tuple[float, ...]
    high: tuple[float, ...]

    def around(self, forecast: Floats, scale: Floats, level: int) -> tuple[Floats, Floats]:
        """Bounds of one level for sellers × days; revenue is never below zero."""
        low = np.maximum(forecast + self.low[level] * scale[:, None], 0.0)
        return low, np.maximum(forecast + self.high[level] * scale[:, None], low)


# With nothing past to judge by: errors of a day as large as those of a Laplace distribution of scale 1.
UNTRIED_BANDS = Bands((-1.61, -3.00), (1.61, 3.00))


def fit_bands(errors: Floats) -> Bands:
    """Bands from past errors (actual minus forecast, in scales).

    The tails are taken apart, since sales are skewed, each at the rank that keeps the promise for the next value too
    (Romano, Patterson & Candès 2019, equation 8).
    """
    ordered = np.sort(errors[~np.isnan(errors)])
    count = len(ordered)
    low, high = [], []
    for level in LEVELS:
        beyond = (1 - level) / 2
        rank = min(int(np.ceil((1 - beyond) * (count + 1))), count)
        high.append(float(ordered[rank - 1]))
        low.append(float(ordered[count - rank]))
    return Bands(tuple(low), tuple(high))


def seller_scale(revenue: NDArray[np.float64], level: Floats, *, days: int) -> Floats:
    """How far a seller's days lie from their level, on average over the last days; at least a tenth of the level."""
    last = revenue[:, -days:]
    known = ~np.isnan(last)
    distance = np.where(known, np.abs(np.nan_to_num(last) - level[:, None]), 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    return np.asarray(np.maximum(distance, np.maximum(0.1 * level, 1e-9)))
