"""95 % intervals by resampling: of a mean, of a paired difference of means, and of any statistic of rows.

Percentile intervals throughout: they are plain to read and need no formula for the statistic's variance.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from models.evaluation import Metric

CONFIDENCE = 0.95
_TAILS = (100 * (1 - CONFIDENCE) / 2, 100 * (1 + CONFIDENCE) / 2)


def bootstrap_interval(values: ArrayLike, *, n: int = 1000, seed: int = 0) -> Metric:
    """The mean of `values`, one per independent unit (customer, day, card), with its interval.

    Missing values are left out. Fewer than two units give a mean without bounds, none at all gives NaN.
    """
    array = np.asarray(values, dtype=np.float64).ravel()
    array = array[~np.isnan(array)]
    if len(array) < 2:
        return Metric(float(array.mean()) if len(array) else float("nan"))
    rng = np.random.default_rng(seed)
    # One resample at a time: memory stays at one array however many units there are.
    means = [array[rng.integers(0, len(array), len(array))].mean() for _ in range(n)]
    low, high = np.percentile(means, _TAILS)
    return Metric(float(array.mean()), float(low), float(high))


def paired_bootstrap(a: ArrayLike, b: ArrayLike, *, n: int = 1000, seed: int = 0) -> Metric:
    """The mean of `a - b` with its interval: row i of both is the same unit, measured under two methods.

    Raises:
        ValueError: the two have different lengths, so they cannot be paired.
    """
    left, right = np.asarray(a, dtype=np.float64).ravel(), np.asarray(b, dtype=np.float64).ravel()
    if len(left) != len(right):
        raise ValueError(f"paired values need one length: {len(left)} and {len(right)} came")
    return bootstrap_interval(left - right, n=n, seed=seed)


def resampled_means(values: ArrayLike, *, n: int = 1000, seed: int = 0) -> NDArray[np.float64]:
    """`n` × columns: the means of the columns over rows drawn with repeats, the same rows for every column.

    One draw serves many methods and figures, so any difference of two columns is paired. Missing values must be gone.
    """
    table = np.asarray(values, dtype=np.float64)
    count = len(table)
    rng = np.random.default_rng(seed)
    draws = np.empty((n, table.shape[1]))
    for draw in range(n):
        draws[draw] = np.bincount(rng.integers(0, count, count), minlength=count) @ table
    return draws / max(count, 1)


def interval_of(value: float, draws: ArrayLike) -> Metric:
    """`value` with the middle 95 % of its resampled `draws`; without bounds where fewer than two are numbers."""
    found = np.asarray(draws, dtype=np.float64)
    found = found[~np.isnan(found)]
    if len(found) < 2:
        return Metric(value)
    low, high = np.percentile(found, _TAILS)
    return Metric(value, float(low), float(high))


def interval_around(value: float, draws: ArrayLike) -> Metric:
    """`interval_of`, widened to hold `value`: where resampling is biased (rare labels drop out), the middle may lie aside."""
    found = interval_of(value, draws)
    if found.low is None or found.high is None or np.isnan(value):
        return Metric(value)
    return Metric(value, min(found.low, value), max(found.high, value))


def bootstrap_statistic(
    statistic: Callable[[NDArray[np.intp]], float],
    row_count: int,
    *,
    groups: ArrayLike | None = None,
    n: int = 1000,
    seed: int = 0,
) -> Metric:
    """Any `statistic` of row positions (an average precision, a difference of two), with its interval.

    Args:
        statistic: takes positions of rows, repeats included, and returns the figure; resamples for which it gives NaN
            (one class only, say) are left out.
        groups: one label per row; whole groups are drawn instead of rows, where rows of a group hang together.
    """
    value = float(statistic(np.arange(row_count)))
    if row_count < 2:
        return Metric(value)
    rng = np.random.default_rng(seed)
    if groups is None:
        draws = [statistic(rng.integers(0, row_count, row_count)) for _ in range(n)]
    else:
        _, codes = np.unique(np.asarray(groups), return_inverse=True)
        members = np.split(np.argsort(codes, kind="stable"), np.cumsum(np.bincount(codes))[:-1])
        if len(members) < 2:
            return Metric(value)
        draws = [
            statistic(np.concatenate([members[group] for group in rng.integers(0, len(members), len(members))])) for _ in range(n)
        ]
    finite = np.asarray(draws, dtype=np.float64)
    finite = finite[~np.isnan(finite)]
    if not len(finite):
        return Metric(value)
    low, high = np.percentile(finite, _TAILS)
    return Metric(value, float(low), float(high))
