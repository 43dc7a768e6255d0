"""How well each model would be said to do before any label is known, beside what the labels of the test realised.

As on the fraud desk (`marketplace.estimated_performance`): from the probabilities alone. Whoever trusts such an estimate while
labels are on their way is off by the error here.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from marketplace.estimated_performance import estimated_performance
from models.fraud.own_table.scores import ScoredWindow
from models.metrics.classification import average_precision

# Reviewers look at so many transactions a day, as at so many cards.
ALERTS_A_DAY = 100
FIGURES = ("average_precision", "alert_precision_at_100")

Told = Mapping[str, float | None]


def estimates(scored: Mapping[str, Sequence[ScoredWindow]], names: Sequence[str]) -> dict[str, Any]:
    """Per model its `windows` by name, and their `mean`: of each of `FIGURES` `estimated`, `realised` and absolute `error`.

    A window also has `low` and `high`, between which chance leaves 95 of a hundred realised figures of a calibrated score. What
    cannot be said (no fraud, no transaction) is None and left out of the mean.
    """
    told: dict[str, Any] = {}
    for model, windows in scored.items():
        by_window = {name: _of_window(window) for name, window in zip(names, windows, strict=True)}
        told[model] = {
            "windows": by_window,
            "mean": {figure: _mean([window[figure] for window in by_window.values()]) for figure in FIGURES},
        }
    return told


def alerts(window: ScoredWindow) -> npt.NDArray[np.bool_]:
    """Whether each transaction is among the `ALERTS_A_DAY` of its day with the highest probability."""
    is_alert = np.zeros(len(window.probability), dtype=bool)
    for day in np.unique(window.days):
        rows = np.flatnonzero(window.days == day)
        is_alert[rows[np.argsort(-window.probability[rows], kind="stable")[:ALERTS_A_DAY]]] = True
    return is_alert


def _of_window(window: ScoredWindow) -> dict[str, Told]:
    is_alert = alerts(window)
    # Alerts are of a day and not of a score, so the two are drawn apart; nearly equal odds are drawn as one.
    chance, order = window.probability, np.argsort(-window.probability, kind="stable")
    probability, counts = _grouped(chance[order])
    ranked = estimated_performance(counts, probability, np.zeros(len(counts), dtype=bool))
    seen, seen_counts = _grouped(np.sort(chance[is_alert])[::-1])
    looked_at = estimated_performance(seen_counts, seen, np.ones(len(seen_counts), dtype=bool))
    frauds = window.is_fraud
    realised = {
        "average_precision": average_precision(frauds.astype(float), chance) if frauds.any() else None,
        "alert_precision_at_100": float(frauds[is_alert].mean()) if is_alert.any() else None,
    }
    estimated = {"average_precision": ranked.average_precision, "alert_precision_at_100": looked_at.precision}
    return {figure: _told(estimated[figure], realised[figure]) for figure in FIGURES}


def _grouped(probability: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Mean probability and size of each group of nearly equal log-odds (steps of 0.02), of probabilities from the highest on."""
    chance = np.clip(probability, 1e-9, 1 - 1e-9)
    steps = np.round(np.log(chance / (1 - chance)) * 50)
    starts = np.flatnonzero(np.append(True, np.diff(steps) != 0)[: len(steps)])
    counts = np.diff(np.append(starts, len(steps)))
    return np.add.reduceat(probability, starts) / counts if len(starts) else probability, counts


def _told(estimate: Any, realised: float | None) -> Told:
    if estimate is None:
        return {"estimated": None, "low": None, "high": None, "realised": realised, "error": None}
    error = None if realised is None else abs(estimate.value - realised)
    return {"estimated": estimate.value, "low": estimate.low, "high": estimate.high, "realised": realised, "error": error}


def _mean(windows: Sequence[Told]) -> Told:
    known = [one for one in windows if one["error"] is not None]
    names = ("estimated", "realised", "error")
    return {name: float(np.mean([one[name] for one in known])) if known else None for name in names}  # type: ignore[misc]
