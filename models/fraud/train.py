"""From a training set to a fraud model; no input or output, and the same seed gives the same model."""

from dataclasses import replace
from datetime import timedelta
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
from models.fraud.operating_points import HeldOut, operating_points

Floats = npt.NDArray[np.float64]

# Reviews are counted at the pace of so many of the newest days.
_PACE = timedelta(days=28)


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
    classifier, calibration, held_out = None, Calibration(), None
    amounts = frame["amount_minor"].to_numpy(np.float64)
    positives = outcomes[is_known].sum()
    if config.min_positive_count <= positives < is_known.sum():
        rows, margins = _unseen(wide, outcomes, is_mature, config)
        calibration = fit_calibration(margins, outcomes[rows])
        held_out = HeldOut(calibration.probability(margins), outcomes[rows] > 0, amounts[rows])
        classifier = fit_classifier(wide[is_known], outcomes[is_known], config)
        # The young frauds without the honest attempts of their days raise every margin by as much as they raise the odds.
        raised = _log_odds(outcomes[is_known]) - _log_odds(outcomes[is_mature])
        calibration = replace(calibration, intercept=calibration.intercept - calibration.slope * raised)
    model = FraudModel(
        trees=trees,
        anomaly_quantiles=np.quantile(anomaly, np.linspace(0, 1, 1001)),
        thresholds=choose_thresholds(np.zeros(0), np.zeros(0), config),
        training_cutoff=training_set.until,
        config=config,
        classifier=classifier,
        calibration=calibration,
    )
    probability = model.score_matrix(matrix)[0] if held_out is None else held_out.probability
    pace = _attempts_per_day(training_set)
    thresholds = choose_thresholds(probability, amounts, config, attempts_per_day=pace)
    points = operating_points(held_out, thresholds, attempts_per_day=pace) if held_out is not None else ()
    return replace(model, thresholds=thresholds, operating_points=points)


def _attempts_per_day(training_set: TrainingSet) -> float:
    """The pace of the last four weeks, or of the time since the first attempt where that is shorter."""
    times = training_set.frame["attempted_at"]
    span = min(_PACE, max(training_set.until - times.min(), timedelta(days=1)))
    return float((times > training_set.until - span).sum() / (span / timedelta(days=1)))


def _log_odds(outcomes: Floats) -> float:
    """Log-odds of fraud among known outcomes, with half an attempt more of each so that none is infinite."""
    return float(np.log((outcomes == 1).sum() + 0.5) - np.log((outcomes == 0).sum() + 0.5))


def _unseen(
    wide: Floats, outcomes: Floats, is_mature: npt.NDArray[np.bool_], config: FraudConfig
) -> tuple[npt.NDArray[np.intp], Floats]:
    """Rows of mature attempts, window after window, and their margins by classifiers that saw only older ones."""
    mature = np.flatnonzero(is_mature)
    bounds = np.linspace(1 - config.calibration_share, 1, config.calibration_windows + 1) * len(mature)
    rows, margins = [np.zeros(0, dtype=np.intp)], [np.zeros(0)]
    for start, end in pairwise(bounds.astype(int)):
        older, later = mature[:start], mature[start:end]
        if 0 < outcomes[older].sum() < len(older) and len(later):
            rows.append(later)
            margins.append(fit_classifier(wide[older], outcomes[older], config).margin(wide[later]))
    return np.concatenate(rows), np.concatenate(margins)
