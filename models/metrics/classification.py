"""Figures for rare yes-or-no outcomes: how well a score ranks, and whether a probability means what it says.

All take `outcomes` (0 or 1, floats or booleans) and one number per row. Ties are treated as one group, so a method that
gives every row the same score is worth exactly the base rate.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def average_precision(outcomes: ArrayLike, scores: ArrayLike) -> float:
    """Mean precision over the positives, in order of score; NaN without a positive."""
    y, s = _arrays(outcomes, scores)
    if not y.any():
        return float("nan")
    found, examined = _cumulative(y, s)
    gained = np.diff(found, prepend=0.0)
    return float((gained * found / examined).sum() / found[-1])


def roc_auc(outcomes: ArrayLike, scores: ArrayLike) -> float:
    """Chance that a random positive outranks a random negative, ties counting half; NaN where one of them is absent."""
    y, s = _arrays(outcomes, scores)
    positives = y.sum()
    negatives = len(y) - positives
    if not positives or not negatives:
        return float("nan")
    _, code, size = np.unique(s, return_inverse=True, return_counts=True)
    mean_rank = np.cumsum(size) - (size - 1) / 2
    return float((mean_rank[code][y > 0].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def recall_at_review_rate(outcomes: ArrayLike, scores: ArrayLike, *, rate: float) -> float:
    """Share of the positives among the `rate` highest scores; rows tied at the cut count in proportion."""
    y, s = _arrays(outcomes, scores)
    return _found_within(y, s, max(1.0, rate * len(y))) / y.sum() if y.any() else float("nan")


def precision_at(outcomes: ArrayLike, scores: ArrayLike, *, k: int) -> float:
    """Share of positives among the `k` highest scores (fewer where there are fewer rows)."""
    y, s = _arrays(outcomes, scores)
    k = min(k, len(y))
    return _found_within(y, s, float(k)) / k if k else float("nan")


def brier_score(outcomes: ArrayLike, probabilities: ArrayLike) -> float:
    """Mean squared error of the probabilities; 0 is perfect."""
    y, p = _arrays(outcomes, probabilities)
    return float(((p - y) ** 2).mean()) if len(y) else float("nan")


def _arrays(outcomes: ArrayLike, scores: ArrayLike) -> tuple[Floats, Floats]:
    y, s = np.asarray(outcomes, dtype=np.float64), np.asarray(scores, dtype=np.float64)
    if y.shape != s.shape:
        raise ValueError(f"one score per outcome: {y.shape} and {s.shape} came")
    return y, s


def _cumulative(y: Floats, s: Floats) -> tuple[Floats, Floats]:
    """Positives found and rows examined after each group of equal scores, highest first."""
    order = np.argsort(-s, kind="stable")
    is_end = np.append(np.diff(s[order]) != 0, True)
    return np.cumsum(y[order])[is_end], (np.flatnonzero(is_end) + 1).astype(np.float64)


def _found_within(y: Floats, s: Floats, count: float) -> float:
    found, examined = _cumulative(y, s)
    return float(np.interp(count, np.append(0.0, examined), np.append(0.0, found)))
