"""Where a level goes from here: on along its own slope, or as it went a year ago. One factor per series and period ahead."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from models.seller_analytics.dataset import SeriesTable

Floats = NDArray[np.float64]
# Weeks are compared with weeks and weekdays with weekdays.
WEEKS_OF_A_YEAR = 52
# What is said of a year ago rests on at least so many weeks before it.
_FEWEST_WEEKS_BEFORE = 26
# A weekday on which next to nothing is sold says nothing of the level.
_SMALLEST_SHARE = 0.01
# Weights below half a per cent are not worth adding up.
_HALF_LIVES = 8
_LEAST, _MOST = 0.1, 10.0


def trend_course(table: SeriesTable, pattern: Floats, level: Floats, *, half_life: float, damping: float, steps: int) -> Floats:
    """Series × steps: the level along a line through the last values, over the level itself.

    The line is fitted by least squares that forget by `half_life`; its slope counts the less the less sure it is, by its squared
    t, and less by `damping` with each step (Gardner & McKenzie 1985).

    Args:
        pattern: series × places in the cycle, by which the values are divided first.
        level: what the factors are of.
    """
    last = slice(-int(_HALF_LIVES * half_life), None)
    values, shares = table.values[:, last], pattern[:, table.weekdays[last]]
    back = -np.arange(values.shape[1] - 1, -1, -1.0)
    tells = ~np.isnan(values) & (shares > _SMALLEST_SHARE)
    weight = 0.5 ** (-back / half_life) * tells
    flat = np.divide(values, shares, out=np.zeros_like(values), where=tells)
    total = np.maximum(weight.sum(axis=1), 1e-12)
    middle, height = (weight @ back) / total, (weight * flat).sum(axis=1) / total
    across, up = back - middle[:, None], flat - height[:, None]
    width, together = (weight * across**2).sum(axis=1) / total, (weight * across * up).sum(axis=1) / total
    slope = together / np.maximum(width, 1e-12)
    left = np.maximum((weight * up**2).sum(axis=1) / total - slope * together, 0.0)
    count = total**2 / np.maximum((weight**2).sum(axis=1), 1e-12)
    doubt = left / np.maximum(count - 2, 1) / np.maximum(width, 1e-12)
    slope *= np.divide(slope**2, slope**2 + doubt, out=np.zeros_like(slope), where=slope != 0)
    ahead = np.cumsum(damping ** np.arange(1, steps + 1))
    line = (height - slope * middle)[:, None] + slope[:, None] * ahead
    return _bounded(line, np.repeat(level[:, None], steps, axis=1), least=0.0)


def reaches_a_year(table: SeriesTable) -> bool:
    """Whether `year_course` has something to go by."""
    return len(table.days) >= (WEEKS_OF_A_YEAR + _FEWEST_WEEKS_BEFORE) * table.cycle


def year_course(table: SeriesTable, said: Callable[[SeriesTable], Floats], *, pooled_years: float, steps: int) -> Floats:
    """Series × steps: what came at this time of earlier years over what would have been said then.

    Args:
        said: series × steps after the end of any table, by levels and weekdays alone.
        pooled_years: so many years of all series' course are added to each one's own.
    """
    came, expected = np.zeros((2, len(table.keys), steps))
    year = WEEKS_OF_A_YEAR * table.cycle
    for end in range(len(table.days) - year, _FEWEST_WEEKS_BEFORE * table.cycle - 1, -year):
        then = table.first(end)
        is_known = ~np.isnan(then.values[:, -1:])
        came += np.where(is_known, _wide(table.values[:, end : end + steps], steps), 0.0)
        expected += np.where(is_known, said(then), 0.0)
    came, expected = _smoothed(came, table.cycle), _smoothed(expected, table.cycle)
    pooled = _bounded(came.sum(axis=0), expected.sum(axis=0), least=_LEAST)
    pull = pooled_years * expected.mean(axis=1, keepdims=True)
    return np.where(expected > 0, _bounded(came + pull * pooled, expected + pull, least=_LEAST), pooled)


def _wide(values: Floats, steps: int) -> Floats:
    """The values, the last of them again where a year is shorter than the steps."""
    return values[:, np.minimum(np.arange(steps), values.shape[1] - 1)]


def _smoothed(values: Floats, cycle: int) -> Floats:
    """Means over a whole week around each day; weeks stay as they are, or a feast would spill into those beside it."""
    if cycle == 1:
        return values
    padded = np.pad(values, ((0, 0), (cycle // 2, cycle // 2)), mode="edge")
    return np.asarray(np.lib.stride_tricks.sliding_window_view(padded, cycle, axis=1).mean(axis=2))


def _bounded(above: Floats, below: Floats, *, least: float) -> Floats:
    """Their ratio within bounds; 1 where there is nothing to divide by."""
    return np.clip(np.divide(above, below, out=np.ones_like(below), where=below > 0), least, _MOST)
