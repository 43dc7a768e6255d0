"""What an experiment's figures say: whether the split is what was meant, how arms differ, which interleaved list is preferred.

Units (customers, browsers) are what was assigned at random, so they are what varies; a rate of impressions is a ratio of two
sums over units, and its variance comes from the delta method (Deng, Knoblich & Lu 2018, "Applying the delta method in metric
analytics", eq. 3): impressions of one unit are no independent draws.
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from models.evaluation import Metric
from models.metrics.bootstrap import CONFIDENCE

MISMATCH_LEVEL = 0.001  # Fabijan et al. 2019: looked at often, so an alarm must be rare; real faults are far below it


@dataclass(frozen=True)
class SampleRatio:
    """Whether units fell into the arms as their shares say; where not, no figure of the experiment can be believed."""

    p_value: float

    @property
    def is_mismatch(self) -> bool:
        return self.p_value < MISMATCH_LEVEL


@dataclass(frozen=True)
class Difference:
    """A figure of an arm less the control's, with its interval and the p-value of there being none."""

    metric: Metric
    p_value: float


def sample_ratio(counts: ArrayLike, shares: ArrayLike) -> SampleRatio:
    """The chi-square test of units per arm against the shares; 1 while nobody has come."""
    seen = np.asarray(counts, dtype=np.float64)
    if seen.sum() == 0:
        return SampleRatio(1.0)
    return SampleRatio(float(stats.chisquare(seen, seen.sum() * np.asarray(shares, dtype=np.float64)).pvalue))


def rate(numerators: ArrayLike, denominators: ArrayLike | None = None) -> Metric:
    """The sum of one quantity by the sum of another over units, with its interval; without denominators the mean per unit."""
    value, variance = _ratio(numerators, denominators)
    return _with_interval(value, variance)


def difference(treated: tuple[ArrayLike, ArrayLike | None], control: tuple[ArrayLike, ArrayLike | None]) -> Difference:
    """The rate of the treated units less the control's.

    Args:
        treated, control: numerators and denominators, one per unit, as for `rate`.
    """
    value, variance = _ratio(*treated)
    control_value, control_variance = _ratio(*control)
    gap, spread = value - control_value, variance + control_variance
    if not spread > 0:
        return Difference(Metric(gap), 1.0 if gap == 0 else float("nan"))
    return Difference(_with_interval(gap, spread), float(2 * stats.norm.sf(abs(gap) / sqrt(spread))))


def preference(first: ArrayLike, second: ArrayLike) -> Difference:
    """How much more often a unit preferred the second of two interleaved lists: from -1 to 1, 0 for neither.

    A unit prefers the list that it clicked more; ties say nothing. The sign test: clicks of one unit count once. After
    Chapelle, Joachims, Radlinski & Yue 2012, "Large-scale validation and analysis of interleaved search evaluation", eq. 1.
    """
    gaps = np.asarray(second, dtype=np.float64) - np.asarray(first, dtype=np.float64)
    wins, losses = int((gaps > 0).sum()), int((gaps < 0).sum())
    if wins + losses == 0:
        return Difference(Metric(float("nan")), 1.0)
    test = stats.binomtest(wins, wins + losses)
    interval = test.proportion_ci(CONFIDENCE, method="wilson")
    share = wins / (wins + losses)
    return Difference(Metric(2 * share - 1, 2 * float(interval.low) - 1, 2 * float(interval.high) - 1), float(test.pvalue))


def _ratio(numerators: ArrayLike, denominators: ArrayLike | None) -> tuple[float, float]:
    """The ratio of sums and its variance; NaN where there is nothing to divide by."""
    above: NDArray[np.float64] = np.asarray(numerators, dtype=np.float64)
    below = np.ones_like(above) if denominators is None else np.asarray(denominators, dtype=np.float64)
    total, count = below.sum(), len(above)
    if count < 2 or total == 0:
        return float("nan"), float("nan")
    value = above.sum() / total
    residuals = above - value * below
    return float(value), float(residuals @ residuals / (count - 1) * count / total**2)


def _with_interval(value: float, variance: float) -> Metric:
    if not variance >= 0:
        return Metric(value)
    margin = float(stats.norm.ppf((1 + CONFIDENCE) / 2)) * sqrt(variance)
    return Metric(value, value - margin, value + margin)
