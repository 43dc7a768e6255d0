"""The supervised half: LightGBM on labelled attempts, and a line from its margin to a probability that can be believed."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models.fraud.config import FraudConfig
from models.fraud.features import FEATURES

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Calibration:
    """Platt's line: the log-odds of fraud are `slope * margin + intercept`; a positive slope keeps the order."""

    slope: float = 1.0
    intercept: float = 0.0

    def probability(self, margin: Floats) -> Floats:
        """Calibrated probability per margin."""
        return np.asarray(1 / (1 + np.exp(-np.clip(self.slope * margin + self.intercept, -30, 30))))


def fit_booster(matrix: Floats, outcomes: Floats, config: FraudConfig) -> Any:
    """A `lightgbm.Booster` whose raw score is the log-odds of fraud; one thread, same seed, same trees."""
    import lightgbm

    parameters = {
        "objective": "binary",
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
    names = [*FEATURES, "anomaly_score"]
    dataset = lightgbm.Dataset(matrix, outcomes, feature_name=names, free_raw_data=True)
    return lightgbm.train(parameters, dataset, num_boost_round=config.num_boost_round)


def fit_calibration(margins: Floats, outcomes: Floats) -> Calibration:
    """Platt scaling with his smoothed targets, on margins of attempts that the booster has not seen.

    With few frauds two parameters are all that can be learnt; isotonic regression would follow single attempts. A slice
    without one of the classes teaches nothing and leaves the margins as they are.

    Source: J. Platt, Probabilistic outputs for support vector machines (1999), section 2.2.
    """
    from scipy.optimize import minimize

    positives = float(outcomes.sum())
    negatives = len(outcomes) - positives
    if not positives or not negatives:
        return Calibration()
    target = np.where(outcomes > 0, (positives + 1) / (positives + 2), 1 / (negatives + 2))

    def loss(parameters: Floats) -> float:
        log_odds = np.exp(parameters[0]) * margins + parameters[1]
        return float((np.logaddexp(0, log_odds) - target * log_odds).sum())

    found = minimize(loss, np.zeros(2), method="BFGS").x
    return Calibration(float(np.exp(np.clip(found[0], -3, 3))), float(found[1]))
