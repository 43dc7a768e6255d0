"""How well a calibrated score does, estimated before any label is known (CBPE), and the same figures as labels realise them.

A probability is the expectation of the label to come. Drawing labels from it again and again gives what precision, recall and
average precision would be if the score is still calibrated, and how far chance alone may take them. Where labels that came later
lie outside, it no longer is. The fraud desk's page, the watch over the model and `marketplace evaluate` estimate by this module.
Source: J. Kivimäki et al., Performance Estimation in Binary Classification Using Calibrated Confidence (2025), which like NannyML
calls it confidence-based performance estimation.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
_SEED = 5
# Outside of the inner two lies one draw of twenty, outside of the outer two a quarter of that.
_BOUNDS = (0.025, 0.975, 0.05 / 8, 1 - 0.05 / 8)


@dataclass(frozen=True)
class Estimate:
    """A mean over drawn labels, the bounds between which 95 of a hundred draws lie, and the wider ones of a joint verdict.

    Of a calibrated score each figure lies outside of `low` to `high` one time in twenty. That any of the four lies outside of its
    `lowest` to `highest` happens no more often (Bonferroni: each has a quarter of the twentieth). `spread` is the draws' standard
    deviation.
    """

    value: float
    low: float
    high: float
    lowest: float
    highest: float
    spread: float


@dataclass(frozen=True)
class EstimatedPerformance:
    """What is estimated of some attempts; None where there is nothing to divide by."""

    frauds: Estimate
    average_precision: Estimate | None
    precision: Estimate | None
    recall: Estimate | None


@dataclass(frozen=True)
class RealisedPerformance:
    """The same figures by labels; None where there is nothing to divide by."""

    frauds: float
    average_precision: float | None
    precision: float | None
    recall: float | None


def estimated_performance(
    counts: npt.ArrayLike, probabilities: npt.ArrayLike, is_high: npt.ArrayLike, *, draws: int = 400
) -> EstimatedPerformance:
    """The same answer for the same groups: the draws have a seed of their own.

    Args:
        counts: attempts per group of one probability, the most probable group first.
        probabilities: calibrated, one per group; attempts of a group are tied.
        is_high: whether a group lies at or above the threshold of which precision and recall are meant.
    """
    size, high = np.asarray(counts, dtype=np.int64), np.asarray(is_high, dtype=np.bool_)
    chance = np.clip(np.asarray(probabilities, dtype=np.float64), 0.0, 1.0)
    drawn = np.random.default_rng(_SEED).binomial(size, chance, size=(draws, len(size))).astype(np.float64)
    frauds, found = drawn.sum(axis=1), drawn[:, high].sum(axis=1)
    return EstimatedPerformance(
        frauds=_estimate(frauds) or Estimate(0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
        average_precision=_estimate(grouped_average_precision(size, drawn)),
        precision=_estimate(found / size[high].sum()) if size[high].any() else None,
        recall=_estimate(_ratio(found, frauds)),
    )


def realised_performance(counts: npt.ArrayLike, frauds: npt.ArrayLike, is_high: npt.ArrayLike) -> RealisedPerformance:
    """The figures of attempts whose outcome is known.

    Args:
        counts: known attempts per group, the most probable group first. frauds: how many of them are fraud. is_high: as above.
    """
    size, high = np.asarray(counts, dtype=np.int64), np.asarray(is_high, dtype=np.bool_)
    of_group = np.asarray(frauds, dtype=np.float64)
    whole, found, looked_at = float(of_group.sum()), float(of_group[high].sum()), int(size[high].sum())
    return RealisedPerformance(
        frauds=whole,
        average_precision=float(grouped_average_precision(size, of_group)[0]) if whole else None,
        precision=found / looked_at if looked_at else None,
        recall=found / whole if whole else None,
    )


def grouped_average_precision(counts: npt.ArrayLike, frauds: npt.ArrayLike) -> Floats:
    """Average precision per row of `frauds`, which holds how many of each group are fraud; NaN where none is.

    The same as `models.metrics.classification.average_precision` of attempts whose ties are the groups.

    Args:
        counts: attempts per group, the most probable group first. frauds: draws × groups.
    """
    of_group = np.atleast_2d(np.asarray(frauds, dtype=np.float64))
    examined = np.maximum(np.cumsum(np.asarray(counts, dtype=np.float64)), 1.0)
    return _ratio((of_group * np.cumsum(of_group, axis=1) / examined).sum(axis=1), of_group.sum(axis=1))


def _ratio(parts: Floats, wholes: Floats) -> Floats:
    ratios = np.full(len(parts), np.nan)
    np.divide(parts, wholes, out=ratios, where=wholes > 0)
    return ratios


def _estimate(drawn: Floats) -> Estimate | None:
    known = drawn[~np.isnan(drawn)]
    if not len(known):
        return None
    # What is realised is one draw more: by this rule it lies below the quantile q of the others with probability q.
    low, high, lowest, highest = np.quantile(known, _BOUNDS, method="weibull")
    return Estimate(float(known.mean()), float(low), float(high), float(lowest), float(highest), float(known.std()))
