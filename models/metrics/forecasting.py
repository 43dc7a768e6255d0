"""Figures of forecasts on plain arrays; every one takes what came and what was foretold, in the same order.

WAPE and MASE reward a forecast of the middle and so one that is too low on skewed sales: read them beside the bias.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def wape(actual: Floats, forecast: Floats) -> float:
    """Σ|error| / Σ|actual|; NaN where nothing was sold."""
    total = float(np.abs(actual).sum())
    return float(np.abs(actual - forecast).sum()) / total if total else float("nan")


def bias(actual: Floats, forecast: Floats) -> float:
    """Σ(forecast − actual) / Σ|actual|: below zero means too low; NaN where nothing was sold."""
    total = float(np.abs(actual).sum())
    return float((forecast - actual).sum()) / total if total else float("nan")


def mase(actual: Floats, forecast: Floats, history: Floats, *, season: int) -> float:
    """Mean |error| over that of repeating the last season within `history` (Hyndman & Koehler 2006); NaN where that is 0."""
    if len(history) <= season:
        return float("nan")
    scale = float(np.abs(history[season:] - history[:-season]).mean())
    return float(np.abs(actual - forecast).mean()) / scale if scale else float("nan")


def interval_coverage(actual: Floats, low: Floats, high: Floats) -> float:
    """The share of values within their band, bounds included; NaN for none."""
    return float(((actual >= low) & (actual <= high)).mean()) if len(actual) else float("nan")


def naive_scales(histories: Floats, *, season: int) -> Floats:
    """Per row, the mean |error| of repeating the last season within a history that is NaN before it begins.

    It divides a row's mean |error| into its MASE; NaN where it is zero or the history is no longer than a season.
    """
    steps = np.abs(histories[:, season:] - histories[:, :-season])
    known = ~np.isnan(steps)
    mean = np.where(known, steps, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    return np.where(mean > 0, mean, np.nan)
