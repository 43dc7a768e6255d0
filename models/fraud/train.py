"""From a training set to a fraud model; no input or output, and the same seed gives the same model."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from models.fraud.anomaly import IsolationTrees
from models.fraud.classifier import Calibration, fit_booster, fit_calibration
from models.fraud.config import FraudConfig
from models.fraud.dataset import TrainingSet, known_outcomes
from models.fraud.decision import choose_thresholds
from models.fraud.features import to_matrix
from models.fraud.model import FraudModel

Floats = npt.NDArray[np.float64]


def train(training_set: TrainingSet, config: FraudConfig) -> FraudModel:
    """The model as of `training_set.until`.

    The Isolation Forest learns from every attempt, the classifier from those whose outcome was known by then. With fewer
    than `config.min_positive_count` frauds among them there is no classifier (`is_cold_start`).
    """
    frame = training_set.frame
    matrix = to_matrix(frame)
    trees = IsolationTrees.fit(matrix, n_estimators=config.n_estimators, max_samples=config.max_samples, seed=config.seed)
    anomaly = trees.score(matrix)
    outcomes = known_outcomes(frame, training_set.until, label_delay=config.label_delay)
    is_known = ~np.isnan(outcomes)
    # Attempts younger than the label delay are known only if somebody complained: they would make fraud look frequent.
    is_known &= (frame["attempted_at"] <= training_set.until - config.label_delay).to_numpy(bool)
    wide = np.column_stack([matrix, anomaly])
    booster, calibration = None, Calibration()
    positives = outcomes[is_known].sum()
    if config.min_positive_count <= positives < is_known.sum():
        calibration = _calibration(wide, outcomes, is_known, config)
        booster = fit_booster(wide[is_known], outcomes[is_known], config)
    model = FraudModel(
        trees=trees,
        anomaly_quantiles=np.quantile(anomaly, np.linspace(0, 1, 1001)),
        thresholds=choose_thresholds(np.zeros(0), np.zeros(0), config),
        assumed_fraud_rate=config.assumed_fraud_rate,
        training_cutoff=training_set.until,
        booster=booster,
        calibration=calibration,
    )
    probability, _ = model.score_matrix(matrix)
    return replace(model, thresholds=choose_thresholds(probability, frame["amount_minor"].to_numpy(np.float64), config))


def _calibration(wide: Floats, outcomes: Floats, is_known: npt.NDArray[np.bool_], config: FraudConfig) -> Calibration:
    """The line from margin to log-odds, learnt on the latest known attempts with a booster that saw only older ones."""
    known = np.flatnonzero(is_known)
    older, later = np.split(known, [int(len(known) * (1 - config.calibration_share))])
    if not 0 < outcomes[older].sum() < len(older):
        return Calibration()
    margins = fit_booster(wide[older], outcomes[older], config).predict(wide[later], raw_score=True, num_threads=1)
    return fit_calibration(margins, outcomes[later])
