"""Figures of many methods over the same people or sessions, with intervals from one shared resampling."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from models.evaluation import Metric
from models.metrics.bootstrap import interval_of, resampled_means

PerUnit = Mapping[str, NDArray[np.float64]]


def judged(units: Mapping[str, PerUnit], *, served: str, primary: str, seed: int) -> tuple[dict[str, dict[str, Metric]], dict]:
    """Per method its figures, and what the served method has more than each other one in the primary figure.

    Args:
        units: per method and figure one value per person, session or series, in the same order everywhere.
    """
    keys = [(method, figure) for method, figures in units.items() for figure in figures]
    table = np.column_stack([units[method][figure] for method, figure in keys])
    means = table.mean(axis=0)
    draws = resampled_means(table, seed=seed) if len(table) > 1 else np.empty((0, len(keys)))
    at = {key: column for column, key in enumerate(keys)}
    figures = {
        method: {figure: interval_of(float(means[at[method, figure]]), draws[:, at[method, figure]]) for figure in of_method}
        for method, of_method in units.items()
    }
    ours = at[served, primary]
    gains = {
        method: interval_of(float(means[ours] - means[at[method, primary]]), draws[:, ours] - draws[:, at[method, primary]])
        for method in units
        if method != served
    }
    return figures, gains


def spread(ranked: NDArray[np.intp], figure: Callable[[NDArray[np.intp]], float], *, n: int = 200, seed: int = 0) -> Metric:
    """A `figure` of all lists together (how many products they show, how much they differ), with its interval.

    Subsamples of half of the people without repeats stand for new ones: people drawn twice would make lists look alike.
    Such a half-sample varies as the whole does (Politis, Romano & Wolf 1999, delete-half), and its bias is taken off.
    """
    value = figure(ranked)
    if len(ranked) < 4:
        return Metric(value)
    rng = np.random.default_rng(seed)
    halves = np.array([figure(ranked[rng.permutation(len(ranked))[: len(ranked) // 2]]) for _ in range(n)])
    around = interval_of(value, np.clip(value + halves - halves.mean(), 0.0, 1.0))
    # The middle of the halves lies near the value, yet rounding may leave it outside when all are equal.
    return Metric(value, min(around.low or 0.0, value), max(around.high or 0.0, value)) if around.low is not None else around
