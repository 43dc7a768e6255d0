"""Which new product is shown on the one place that explores: Thompson sampling of click rates, as probabilities.

Drawing a click rate for each product from its posterior and showing the best of them (Thompson 1933) is the same as drawing
a product with its probability to be the best. Those probabilities are computed here, between two runs of the pipeline, so the
storefront draws with known propensities and needs no simulation to know them.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

_PRIOR_SHOWS = 50.0  # how many impressions the shop's own rate is worth against a product's
_GRID = 2_000


@dataclass(frozen=True)
class Prior:
    """A Beta prior of click rates: `clicks` of `shows` impressions seen before the first one."""

    clicks: float
    shows: float


def prior_of(clicks: int, shows: int) -> Prior:
    """The shop's own click rate as the prior; one click more and one list of ten more, so that it is never 0."""
    return Prior(_PRIOR_SHOWS * (clicks + 1) / (shows + 10), _PRIOR_SHOWS)


def probabilities_to_be_best(clicks: ArrayLike, shows: ArrayLike, prior: Prior) -> NDArray[np.float64]:
    """The chance of each product to have the highest click rate, by its Beta posterior; they add up to 1.

    ∫ f_i(x) Π_{j≠i} F_j(x) dx by the midpoint rule in steps of equal probability of the mixture of all posteriors, so that
    narrow posteriors get as many steps as wide ones.
    """
    clicked, shown = np.asarray(clicks, dtype=np.float64), np.asarray(shows, dtype=np.float64)
    if not len(clicked):
        return np.empty(0)
    alpha, beta = prior.clicks + clicked, prior.shows - prior.clicks + shown - clicked
    edges = _edges(alpha, beta)
    # Mass of each product in each step, and how sure all others are below its middle.
    upto = stats.beta.cdf(edges[:, None], alpha, beta)
    mass = np.diff(upto, axis=0)
    below = np.log(np.maximum((upto[1:] + upto[:-1]) / 2, 1e-300))
    best = (mass * np.exp(below.sum(axis=1, keepdims=True) - below)).sum(axis=0)
    return np.asarray(best / best.sum(), dtype=np.float64)


def _edges(alpha: NDArray[np.float64], beta: NDArray[np.float64]) -> NDArray[np.float64]:
    """From 0 to 1, dense where any posterior has its mass."""
    shares = np.linspace(0, 1, max(_GRID // len(alpha), 50) + 1)
    return np.unique(np.concatenate([[0.0, 1.0], stats.beta.ppf(shares[:, None], alpha, beta).ravel()]))
