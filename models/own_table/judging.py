"""Figures of many methods over the same people or sessions, with intervals from one shared resampling."""

from collections.abc import Mapping

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
