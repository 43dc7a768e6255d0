"""What another policy would have earned, from the log of the one that ran: inverse propensity scoring.

Only places that were drawn tell of other choices: of a place that always holds what the champion puts there, no log says what
the challenger's product would have earned.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from models.evaluation import Metric
from models.metrics.bootstrap import interval_of, resampled_means


@dataclass(frozen=True)
class OffPolicyEstimate:
    """The reward of a policy per decision, by two estimators, and how much of the log speaks for it.

    Attributes:
        ips: unbiased, of high variance.
        snips: normalised by the weights: slightly biased, never outside what was seen, much steadier.
        effective_size: how many decisions of the policy itself would say as much (Kish: (Σw)² / Σw²).
        row_count: decisions in the log.
    """

    ips: Metric
    snips: Metric
    effective_size: float
    row_count: int


def estimate(
    rewards: ArrayLike,
    propensities: ArrayLike,
    target_probabilities: ArrayLike,
    *,
    units: ArrayLike | None = None,
    n: int = 1000,
    seed: int = 0,
) -> OffPolicyEstimate:
    """The value of a policy, by decisions that another one drew; w = target probability / propensity.

    IPS = mean(w r) (Horvitz & Thompson 1952); SNIPS = Σ w r / Σ w (Swaminathan & Joachims 2015, "The self-normalized estimator
    for counterfactual learning", eq. 8). Bootstrap intervals; with `units` whole units are drawn.

    Args:
        propensities: with which the log drew what it shown, above 0.
        target_probabilities: with which the other policy would have drawn the same, 0 or 1 where it does not draw.
        units: one label per decision: decisions of one visitor hang together.
    """
    sums = _sums(rewards, propensities, target_probabilities, units)
    count, weight, weighted, squared = sums.sum(axis=0)
    if count == 0:
        nothing = Metric(float("nan"))
        return OffPolicyEstimate(nothing, nothing, 0.0, 0)
    draws = resampled_means(sums, n=n, seed=seed)
    return OffPolicyEstimate(
        ips=interval_of(float(weighted / count), draws[:, 2] / draws[:, 0]),
        snips=interval_of(_quotient(weighted, weight), _quotients(draws)),
        effective_size=float(weight**2 / squared) if squared > 0 else 0.0,
        row_count=int(count),
    )


def compare(
    rewards: ArrayLike,
    propensities: ArrayLike,
    challenger: ArrayLike,
    champion: ArrayLike,
    *,
    units: ArrayLike | None = None,
    n: int = 1000,
    seed: int = 0,
) -> Metric:
    """The SNIPS value of the challenger less the champion's, both from the same log; the same units are drawn for both."""
    both = np.hstack([_sums(rewards, propensities, policy, units) for policy in (challenger, champion)])
    totals = both.sum(axis=0)
    if len(both) == 0:
        return Metric(float("nan"))
    draws = resampled_means(both, n=n, seed=seed)
    value = _quotient(totals[2], totals[1]) - _quotient(totals[6], totals[5])
    return interval_of(value, _quotients(draws[:, :4]) - _quotients(draws[:, 4:]))


def _sums(
    rewards: ArrayLike, propensities: ArrayLike, target_probabilities: ArrayLike, units: ArrayLike | None
) -> NDArray[np.float64]:
    """Per unit: decisions, Σ w, Σ w r, Σ w²."""
    reward = np.asarray(rewards, dtype=np.float64)
    propensity = np.asarray(propensities, dtype=np.float64)
    if not (propensity > 0).all():
        raise ValueError("a propensity is 0 or missing: what was shown was drawn with some probability")
    weights = np.asarray(target_probabilities, dtype=np.float64) / propensity
    table = np.column_stack([np.ones_like(reward), weights, weights * reward, weights**2])
    if units is None:
        return table
    _, codes = np.unique(np.asarray(units), return_inverse=True)
    return np.column_stack([np.bincount(codes, column) for column in table.T]) if len(table) else table


def _quotient(above: float, below: float) -> float:
    return float(above / below) if below > 0 else float("nan")


def _quotients(draws: NDArray[np.float64]) -> NDArray[np.float64]:
    """Σ w r / Σ w of each draw; NaN where the policy agrees with nothing drawn."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(draws[:, 1] > 0, draws[:, 2] / draws[:, 1], np.nan)
