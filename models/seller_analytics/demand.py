"""How far the demand of a lead time may lie from its forecast, so that stock bought by it keeps the service level."""

import numpy as np

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


def fit_stretch(actual: Floats, stock: Floats, spread: Floats) -> float:
    """By how much the spread has to grow for stock at the usual service level to have met demand that often.

    Args:
        actual, stock: windows of series × periods, what came and what was foretold.
        spread: the deviation of one period, per row.
    """
    rows = np.linspace(0, len(actual) - 1, min(len(actual), _MOST_CASES)).astype(int)
    came, mean = actual[rows].sum(axis=1), stock[rows].sum(axis=1)
    wide = spread[rows] * np.sqrt(actual.shape[1])

    def is_kept(place: int) -> bool:
        cases = zip(mean.tolist(), (_STRETCHES[place] * wide).tolist(), strict=True)
        bought = [demand_quantile(middle, far, DEFAULT_SERVICE_LEVEL) for middle, far in cases]
        return bool((came <= bought).mean() >= DEFAULT_SERVICE_LEVEL)

    low, high = 0, len(_STRETCHES) - 1
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if is_kept(middle) else (middle + 1, high)
    return float(_STRETCHES[low])
