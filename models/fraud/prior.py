"""What is known before any tree grows: a line of all features that leans on the rules and gives the rest little weight each.

A shop has few known frauds, too few for trees to find by themselves what people know. A ridge regression can weigh many
weak signs with them; boosting then starts at its log-odds and adds what no line can say.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from marketplace.fraud_rules import shipped
from models.fraud.features import FEATURES, RULE_POINTS

Floats = npt.NDArray[np.float64]

_RULES = FEATURES.index(RULE_POINTS)
# Beyond so many standard deviations a value is strange enough; one odd number must not decide alone.
_FARTHEST = 6.0


@dataclass(frozen=True)
class Prior:
    """Log-odds of fraud as a line of the logarithms of features, each less its `centre` and over its `scale`.

    `centre` is the usual attempt's and stands in for what is not known, so that not knowing says nothing. The rules'
    points are no logarithm and have no centre: without a rule that fires they add nothing.
    """

    centre: Floats
    scale: Floats
    weights: Floats
    bias: float

    def log_odds(self, wide: Floats) -> Floats:
        """Log-odds per row of features and anomaly score."""
        # Laid out row by row, so that a row alone and in a batch is added up in the same order.
        return np.asarray(np.ascontiguousarray(self.contributions(wide)).sum(axis=1) + self.bias)

    def contributions(self, wide: Floats) -> Floats:
        """What each column adds to the log-odds beside `bias`."""
        return np.asarray(_standardised(wide, self.centre, self.scale) * self.weights)

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """The line as named arrays, for an npz file."""
        return {name: np.asarray(getattr(self, name)) for name in self.__dataclass_fields__}

    @classmethod
    def from_arrays(cls, arrays: Any) -> "Prior":
        """The line that `arrays()` gave."""
        return cls(arrays["centre"], arrays["scale"], arrays["weights"], float(arrays["bias"]))


def fit_prior(wide: Floats, outcomes: Floats, *, ridge: float) -> Prior:
    """A logistic regression with a penalty of `ridge` on every weight, and hardly one on the rules' points."""
    from scipy.optimize import minimize

    logarithms = _logarithms(wide)
    is_known = ~np.isnan(logarithms)
    known = np.where(is_known, logarithms, 0.0)
    # A column without any value says nothing wherever it is zero.
    centre = known.sum(axis=0) / np.maximum(is_known.sum(axis=0), 1)
    scale = np.where(is_known, logarithms - centre, 0.0).std(axis=0)
    scale[scale < 1e-9] = 1.0
    centre[_RULES], scale[_RULES] = 0.0, shipped().review_points
    columns = _standardised(wide, centre, scale)
    penalty = np.full(columns.shape[1], ridge)
    penalty[_RULES] = min(ridge, 1.0)

    def loss(parameters: Floats) -> tuple[float, Floats]:
        weights, bias = parameters[:-1], parameters[-1]
        log_odds = columns @ weights + bias
        error = 1 / (1 + np.exp(-np.clip(log_odds, -30, 30))) - outcomes
        value = (np.logaddexp(0, log_odds) - outcomes * log_odds).sum() + (penalty * weights**2).sum() / 2
        return float(value), np.append(columns.T @ error + penalty * weights, error.sum())

    # Never less suspicious because a rule fires.
    bounds = [(0, None) if column == _RULES else (None, None) for column in range(len(penalty))]
    found = minimize(loss, np.zeros(len(penalty) + 1), jac=True, method="L-BFGS-B", bounds=[*bounds, (None, None)]).x
    return Prior(centre, scale, found[:-1], float(found[-1]))


def _logarithms(wide: Floats) -> Floats:
    values = np.log1p(np.maximum(wide, 0.0))
    values[:, _RULES] = wide[:, _RULES]
    return np.asarray(values)


def _standardised(wide: Floats, centre: Floats, scale: Floats) -> Floats:
    away = (_logarithms(wide) - centre) / scale
    away[np.isnan(away)] = 0.0
    return np.asarray(np.minimum(np.maximum(away, -_FARTHEST), _FARTHEST))
