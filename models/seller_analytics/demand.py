"""How far the demand of a lead time may lie from its forecast, so that stock bought by it keeps the service level."""

import numpy as np
from numpy.typing import NDArray

from marketplace.restock import DEFAULT_SERVICE_LEVEL, demand_quantile
from models.seller_analytics.dataset import SeriesTable
from models.seller_analytics.forecast import Floats

_WEEKS = 26
# Weeks of one product err together and tails are heavier than counted with: tried in turn until the promise is kept.
_STRETCHES = np.linspace(1.0, 4.0, 31)
_MOST_CASES = 1_000


def deviation(known: SeriesTable, stock: Floats) -> Floats:
    """Root mean square distance of the last weeks from the forecast of a week; at least that of a Poisson count."""
    last = known.values[:, -_WEEKS:]
    seen = (~np.isnan(last)).sum(axis=1)
    squares = np.where(np.isnan(last), 0.0, (np.nan_to_num(last) - stock[:, None]) ** 2).sum(axis=1)
    return np.asarray(np.sqrt(np.maximum(squares / np.maximum(seen, 1), stock)))


def is_met(actual: Floats, stock: Floats, spread: Floats, *, service_level: float = DEFAULT_SERVICE_LEVEL) -> NDArray[np.bool_]:
    """Per row, whether stock bought at the service level for all periods of a window met the demand that came.

    Args:
        actual, stock: windows of series × periods, what came and what was foretold.
        spread: the deviation of one period, per row.
    """
    mean, wide = stock.sum(axis=1), spread * np.sqrt(actual.shape[1])
    bought = [demand_quantile(middle, far, service_level) for middle, far in zip(mean.tolist(), wide.tolist(), strict=True)]
    return np.asarray(actual.sum(axis=1) <= bought)


def fit_stretch(actual: Floats, stock: Floats, spread: Floats) -> float:
    """By how much the spread has to grow for stock at the usual service level to have met demand that often.

    Args:
        actual, stock, spread: as `is_met` takes them.
    """
    rows = np.linspace(0, len(actual) - 1, min(len(actual), _MOST_CASES)).astype(int)

    def is_kept(place: int) -> bool:
        met = is_met(actual[rows], stock[rows], _STRETCHES[place] * spread[rows])
        return bool(met.mean() >= DEFAULT_SERVICE_LEVEL)

    low, high = 0, len(_STRETCHES) - 1
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if is_kept(middle) else (middle + 1, high)
    return float(_STRETCHES[low])
