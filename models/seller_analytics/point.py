"""The forecast that errs least, beside the one that stocks right.

Sales are skewed: the value that most days come nearest to lies below their mean. Who judges by absolute error wants the
first, who buys stock needs the second, or a third of the demand is never met.
"""

import numpy as np

from models.seller_analytics.config import SellerAnalyticsConfig
from models.seller_analytics.forecast import STEPS, Floats, Recipe, expect
from models.seller_analytics.intervals import seller_scale
from models.seller_analytics.windows import Window

# In units of a seller's usual distance from the mean.
_SHIFTS = np.linspace(-1.0, 0.5, 31)
# Few errors say little of how far to move: as many more are supposed that say not to.
_DOUBTS = 30


def fit_shift(windows: list[Window], recipe: Recipe, config: SellerAnalyticsConfig) -> float:
    """How far the expectation has to move, in each seller's scale, for the least Σ|error| over past windows; 0 without any.

    Drawn towards 0 where the windows hold few values.
    """
    count = sum(window.actual.size for window in windows)
    errors = np.zeros(len(_SHIFTS))
    for window in windows:
        made = expect(window.known, recipe, steps=max(STEPS, len(window.weekdays)))
        scale = seller_scale(window.known.values, made.level, days=config.recent_days)[window.sellers]
        foretold = made.over(window.weekdays)[window.sellers]
        errors += [np.abs(window.actual - shifted(foretold, scale, shift)).sum() for shift in _SHIFTS.tolist()]
    # Of equal shifts the smallest: nothing is moved without a reason.
    best = np.lexsort((np.abs(_SHIFTS), errors))[0]
    return float(_SHIFTS[best]) * count / (count + _DOUBTS)


def shifted(expected: Floats, scale: Floats, shift: float) -> Floats:
    """The point forecast from the expectation; never below zero."""
    return np.asarray(np.maximum(expected + shift * scale[:, None], 0.0))
