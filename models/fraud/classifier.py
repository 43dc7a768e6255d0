"""The supervised half: LightGBM on top of a line of all features, and from its margin to a probability to be believed."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from models.fraud.config import FraudConfig
from models.fraud.features import FEATURES
from models.fraud.one_row import Answer, OneRow
from models.fraud.prior import Prior, fit_prior

Floats = npt.NDArray[np.float64]

# Weighs like so many attempts of middling doubt.
_CALIBRATION_PRIOR = 5.0


@dataclass(frozen=True)
class Calibration:
    """Platt's line: the log-odds of fraud are `slope * margin + intercept`; a positive slope keeps the order."""

    slope: float = 1.0
    intercept: float = 0.0

    def probability(self, margin: Floats) -> Floats:
        """Calibrated probability per margin."""
        log_odds = np.minimum(np.maximum(self.slope * margin + self.intercept, -30), 30)
        return np.asarray(1 / (1 + np.exp(-log_odds)))


@dataclass(frozen=True)
class Classifier:
    """Log-odds of fraud: what the prior's line says, and what the booster adds to it."""

    booster: Any
    prior: Prior

    def margin(self, wide: Floats) -> Floats:
        """Log-odds, not calibrated, per row of features and anomaly score."""
        added = self._raw(wide[0]) if len(wide) == 1 else self.booster.predict(wide, raw_score=True, num_threads=1)
        return np.asarray(self.prior.log_odds(wide) + added, dtype=np.float64)

    def contributions(self, wide: Floats) -> Floats:
        """SHAP value of each column, and in the last place what no column changes; each row adds up to the margin."""
        alone = len(wide) == 1
        shares = self._shares(wide[0])[None] if alone else self.booster.predict(wide, pred_contrib=True, num_threads=1)
        shares[:, :-1] += self.prior.contributions(wide)
        shares[:, -1] += self.prior.bias
        return np.asarray(shares, dtype=np.float64)

    @cached_property
    def _raw(self) -> OneRow:
        return OneRow(self.booster, Answer.RAW_SCORE)

    @cached_property
    def _shares(self) -> OneRow:
        return OneRow(self.booster, Answer.CONTRIBUTIONS)


def fit_classifier(wide: Floats, outcomes: Floats, config: FraudConfig) -> Classifier:
    """A classifier of rows that hold `FEATURES` and the anomaly score; one thread, same seed, same trees."""
    import lightgbm

    prior = fit_prior(wide, outcomes, ridge=config.prior_ridge)
    names = [*FEATURES, "anomaly_score"]
    dataset = lightgbm.Dataset(wide, outcomes, init_score=prior.log_odds(wide), feature_name=names)
    return Classifier(lightgbm.train(booster_parameters(config), dataset, num_boost_round=config.num_boost_round), prior)


def booster_parameters(config: FraudConfig) -> dict[str, Any]:
    """What LightGBM is told: one thread, and the same trees for the same seed."""
    return {
        "objective": "binary",
        "boost_from_average": False,
        "learning_rate": config.learning_rate,
        "num_leaves": config.num_leaves,
        "min_data_in_leaf": config.min_data_in_leaf,
        "feature_fraction": config.feature_fraction,
        "bagging_fraction": config.bagging_fraction,
        "bagging_freq": 1,
        "lambda_l2": config.lambda_l2,
        "seed": config.seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "verbosity": -1,
    }


def fit_calibration(margins: Floats, outcomes: Floats, weights: Floats | None = None) -> Calibration:
    """Platt scaling with his smoothed targets, on margins of attempts that the booster has not seen.

    With few frauds two parameters are all that can be learnt, isotonic regression would follow single attempts, and even
    the two are drawn towards leaving the margins as they are. Margins of one class only teach nothing.

    Args:
        weights: for how many attempts each stands, where some were left out; one each by default.

    Source: J. Platt, Probabilistic outputs for support vector machines (1999), section 2.2.
    """
    from scipy.optimize import minimize

    size = np.ones(len(outcomes)) if weights is None else weights
    positives = float(size @ outcomes)
    negatives = float(size.sum()) - positives
    if not positives or not negatives:
        return Calibration()
    target = np.where(outcomes > 0, (positives + 1) / (positives + 2), 1 / (negatives + 2))

    def loss(parameters: Floats) -> float:
        log_odds = np.exp(parameters[0]) * margins + parameters[1]
        doubt = _CALIBRATION_PRIOR * float(parameters @ parameters) / 2
        return float(size @ (np.logaddexp(0, log_odds) - target * log_odds)) + doubt

    found = minimize(loss, np.zeros(2), method="BFGS").x
    return Calibration(float(np.exp(found[0])), float(found[1]))
