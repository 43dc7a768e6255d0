"""The two regressions, fitted by scikit-learn and kept as numbers: a fitted model is a page of JSON and needs numpy only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from models.outlook.config import OutlookConfig
from models.outlook.features import FEATURES, Floats

# So many times what nearly all spend at most.
_HIGH, _BELIEVED = 0.99, 30.0


@dataclass(frozen=True)
class Regression:
    """A weighted sum of standardised inputs; what it means is up to its link."""

    mean: tuple[float, ...]
    scale: tuple[float, ...]
    coefficient: tuple[float, ...]
    intercept: float

    def linear(self, inputs: Floats) -> Floats:
        """The weighted sum per row."""
        standard = (inputs - np.array(self.mean)) / np.array(self.scale)
        return np.asarray(standard @ np.array(self.coefficient) + self.intercept)


@dataclass(frozen=True)
class Churn:
    """The probability of no sale within the horizon, of those who had one within the last."""

    regression: Regression

    def probability(self, inputs: Floats) -> Floats:
        """One per row, by the logistic link."""
        return np.asarray(1 / (1 + np.exp(-self.regression.linear(inputs))))


@dataclass(frozen=True)
class Spend:
    """The amount expected within the horizon, in typical days of sale; `largest` is the most that was ever seen."""

    regression: Regression
    largest: float

    def expected(self, inputs: Floats) -> Floats:
        """One per row, by the logarithmic link, which would otherwise know no bounds."""
        return np.minimum(np.exp(np.minimum(self.regression.linear(inputs), 50)), self.largest)


def fit_churn(inputs: Floats, stayed_away: Floats, config: OutlookConfig) -> Churn:
    """A logistic regression with a ridge penalty."""
    from sklearn.linear_model import LogisticRegression

    mean, scale = _standard(inputs)
    model = LogisticRegression(C=config.churn_c, max_iter=2000).fit((inputs - mean) / scale, stayed_away)
    return Churn(_kept(mean, scale, model.coef_[0], model.intercept_[0]))


def believed(amounts: Floats) -> Floats:
    """The amounts of one window, a row per customer; one beyond all measure counts as the largest that is believed.

    A slip of the decimal point makes such. It stands in every window that holds its day, so each is looked at by itself.
    """
    spent = amounts[amounts > 0]
    if not len(spent):
        return amounts
    # An amount that somebody spent: in between two, the slip would raise its own bound where fewer than a hundred spend.
    return np.minimum(amounts, _BELIEVED * np.quantile(spent, _HIGH, method="lower"))


def fit_spend(inputs: Floats, amounts: Floats, config: OutlookConfig) -> Spend:
    """A Tweedie regression (compound Poisson-gamma) with a ridge penalty: most spend nothing, a few spend much."""
    from sklearn.linear_model import TweedieRegressor

    mean, scale = _standard(inputs)
    model = TweedieRegressor(power=config.spend_power, alpha=config.spend_alpha, link="log", max_iter=2000)
    model.fit((inputs - mean) / scale, amounts)
    return Spend(_kept(mean, scale, model.coef_, model.intercept_), float(amounts.max()))


def _standard(inputs: Floats) -> tuple[Floats, Floats]:
    scale = inputs.std(axis=0)
    return inputs.mean(axis=0), np.where(scale > 0, scale, 1.0)


def _kept(mean: Floats, scale: Floats, coefficient: Any, intercept: Any) -> Regression:
    assert len(coefficient) == len(FEATURES)
    return Regression(tuple(mean.tolist()), tuple(scale.tolist()), tuple(np.asarray(coefficient).tolist()), float(intercept))
