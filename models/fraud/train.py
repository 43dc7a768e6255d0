"""From a training set to a fraud model; no input or output, and the same seed gives the same model."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from models.fraud.anomaly import IsolationTrees
from models.fraud.classifier import Calibration, fit_calibration, fit_classifier
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
    # Of attempts younger than the label delay mostly frauds are known: they teach what fraud looks like, but only the older
    # ones how frequent it is.
    is_mature = is_known & (frame["attempted_at"] <= training_set.until - config.label_delay).to_numpy(bool)
    wide = np.column_stack([matrix, anomaly])
    classifier, calibration = None, Calibration()
    positives = outcomes[is_known].sum()
    if config.min_positive_count <= positives < is_known.sum():
        calibration = _calibration(wide, outcomes, is_mature, config)
        classifier = fit_classifier(wide[is_known], outcomes[is_known], config)
        # The young frauds without the honest attempts of their days raise every margin by as much as they raise the odds.
        raised = _log_odds(outcomes[is_known]) - _log_odds(outcomes[is_mature])
        calibration = replace(calibration, intercept=calibration.intercept - calibration.slope * raised)
    model = FraudModel(
        trees=trees,
        anomaly_quantiles=np.quantile(anomaly, np.linspace(0, 1, 1001)),
        thresholds=choose_thresholds(np.zeros(0), np.zeros(0), config),
        assumed_fraud_rate=config.assumed_fraud_rate,
        training_cutoff=training_set.until,
        classifier=classifier,
        calibration=calibration,
    )
    probability, _ = model.score_matrix(matrix)
    return replace(model, thresholds=choose_thresholds(probability, frame["amount_minor"].to_numpy(np.float64), config))


def _log_odds(outcomes: Floats) -> float:
    """Log-odds of fraud among known outcomes, with half an attempt more of each so that none is infinite."""
    return float(np.log((outcomes == 1).sum() + 0.5) - np.log((outcomes == 0).sum() + 0.5))


def _calibration(wide: Floats, outcomes: Floats, is_mature: npt.NDArray[np.bool_], config: FraudConfig) -> Calibration:
    """The line from margin to log-odds, learnt on mature attempts with classifiers that saw only older ones."""
    mature = np.flatnonzero(is_mature)
    bounds = np.linspace(1 - config.calibration_share, 1, config.calibration_windows + 1) * len(mature)
    margins, truth = [], []
    for start, end in pairwise(bounds.astype(int)):
        older, later = mature[:start], mature[start:end]
        if 0 < outcomes[older].sum() < len(older) and len(later):
            margins.append(fit_classifier(wide[older], outcomes[older], config).margin(wide[later]))
            truth.append(outcomes[later])
    return fit_calibration(np.concatenate(margins), np.concatenate(truth)) if margins else Calibration()
