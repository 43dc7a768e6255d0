"""What is fitted on a fold: the platform's way of judging fraud, and plain baselines beside it.

All learn from the same sample: every fraud, and so many honest transactions that more of them teach nothing; what that
does to the odds is taken back from every probability. The baselines read the columns of the handbook, as their users would.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from models.fraud.anomaly import IsolationTrees
from models.fraud.classifier import Calibration, booster_parameters, fit_calibration
from models.fraud.config import FraudConfig
from models.fraud.own_table.features import FeatureTable, plain_names
from models.fraud.own_table.transactions import Floats, Integers

SERVED = "lightgbm_with_anomaly_score"
# Honest transactions per fraud, and how many there are at least.
_HONEST_PER_FRAUD = 12
_LEAST_HONEST = 50_000
# So many frauds can teach larger trees than the few of a young shop.
_MANY_FRAUDS = 3_000
# The newest share of the sample, on which the probabilities of a few frauds are calibrated.
_CALIBRATION_SHARE = 0.25
_FOREST_ROWS = 20_000
_BLOCK = 100_000

Rows = npt.NDArray[np.intp]
Probability = Callable[[Rows], Floats]


@dataclass(frozen=True)
class Sample:
    """Rows to learn from with their outcomes, the last of them fit to calibrate on; `honest_share` of the honest were kept."""

    features: FeatureTable
    rows: Rows
    outcomes: Floats
    honest_share: float
    seed: int

    @property
    def weights(self) -> Floats:
        """For how many of all transactions each row stands."""
        return np.where(self.outcomes > 0, 1.0, 1 / self.honest_share)

    def real(self, log_odds: Floats) -> Floats:
        """Probabilities among all transactions, from log-odds as learnt on the sample."""
        return np.asarray(1 / (1 + np.exp(-np.clip(log_odds + np.log(self.honest_share), -30, 30))))


def sample(features: FeatureTable, rows: Rows, outcomes: Floats, *, seed: int, customers: Integers | None = None) -> Sample:
    """All frauds of `rows`, and at most twelve honest transactions for each (never fewer than fifty thousand).

    Args:
        rows: oldest first, and so they stay: probabilities are calibrated on the newest.
        customers: where other customers are judged, the rows' customers; then those of some customers come last.
    """
    frauds = int(outcomes.sum())
    wanted = max(_HONEST_PER_FRAUD * frauds, _LEAST_HONEST)
    share = min(1.0, wanted / max(len(rows) - frauds, 1))
    rng = np.random.default_rng(seed)
    kept = np.flatnonzero((outcomes > 0) | (rng.random(len(rows)) < share))
    if customers is not None:
        place = rng.permutation(int(customers.max(initial=0)) + 1)
        kept = kept[np.argsort(place[customers[kept]], kind="stable")]
    return Sample(features, rows[kept], outcomes[kept], share, seed)


def methods() -> Mapping[str, Callable[[Sample], Probability]]:
    """How each model is fitted, by name; the served one comes first."""
    return {
        SERVED: _fit_served,
        "lightgbm_plain": _fit_lightgbm,
        "random_forest": _fit_forest,
        "decision_tree_depth_2": _fit_tree,
        "logistic_regression": _fit_logistic,
        "isolation_forest": _fit_isolation,
        "amount_only": _fit_amount,
    }


def _fit_served(sample: Sample) -> Probability:
    """LightGBM over all features and an Isolation Forest's score.

    Where frauds are few, a line to their probability is learnt on the last rows; of many the trees' own probabilities hold, and a
    line from a tenth of them only adds its error.
    """
    config, are_many = replace(FraudConfig(), seed=sample.seed), sample.outcomes.sum() >= _MANY_FRAUDS
    if are_many:
        config = replace(config, num_boost_round=300, num_leaves=31, min_data_in_leaf=50)
    matrix = sample.features.matrix
    trees = IsolationTrees.fit(
        matrix[_as_it_comes(sample)].astype(np.float64),
        n_estimators=config.n_estimators,
        max_samples=config.max_samples,
        seed=config.seed,
    )

    def wide(rows: Rows) -> npt.NDArray[np.float32]:
        own = matrix[rows]
        return np.column_stack([own, trees.score(own.astype(np.float64)).astype(np.float32)])

    learnt = wide(sample.rows)
    calibration = Calibration() if are_many else _calibration(sample, learnt, config)
    booster = _boost(learnt, sample.outcomes, config)

    def probability(rows: Rows) -> Floats:
        margin = booster.predict(wide(rows), raw_score=True, num_threads=1) + np.log(sample.honest_share)
        return calibration.probability(margin)

    return _in_blocks(probability)


def _calibration(sample: Sample, learnt: npt.NDArray[np.float32], config: FraudConfig) -> Calibration:
    """The line from margin to log-odds, learnt on the last rows with trees that saw only those before."""
    cut = int(len(sample.rows) * (1 - _CALIBRATION_SHARE))
    older, newer = sample.outcomes[:cut], sample.outcomes[cut:]
    if not (0 < older.sum() < cut and 0 < newer.sum() < len(newer)):
        return Calibration()
    # As frequent as they are among all: on the sample the line would follow the few of high margin alone.
    margin = _boost(learnt[:cut], older, config).predict(learnt[cut:], raw_score=True, num_threads=1)
    return fit_calibration(margin + np.log(sample.honest_share), newer, sample.weights[cut:])


def _boost(matrix: npt.NDArray[np.float32], outcomes: Floats, config: FraudConfig) -> Any:
    import lightgbm

    parameters = booster_parameters(config) | {"boost_from_average": True}
    return lightgbm.train(parameters, lightgbm.Dataset(matrix, outcomes), num_boost_round=config.num_boost_round)


def _fit_lightgbm(sample: Sample) -> Probability:
    """LightGBM with its own defaults."""
    import lightgbm

    plain = sample.features.only(plain_names())
    parameters = {"objective": "binary", "seed": sample.seed, "deterministic": True, "force_row_wise": True}
    parameters |= {"num_threads": 1, "verbosity": -1}
    booster = lightgbm.train(parameters, lightgbm.Dataset(plain[sample.rows], sample.outcomes))
    return _in_blocks(lambda rows: sample.real(np.asarray(booster.predict(plain[rows], raw_score=True, num_threads=1))))


def _fit_forest(sample: Sample) -> Probability:
    from sklearn.ensemble import RandomForestClassifier

    return _fit_sklearn(RandomForestClassifier(n_estimators=100, n_jobs=1, random_state=sample.seed), sample)


def _fit_tree(sample: Sample) -> Probability:
    from sklearn.tree import DecisionTreeClassifier

    return _fit_sklearn(DecisionTreeClassifier(max_depth=2, random_state=sample.seed), sample)


def _fit_logistic(sample: Sample) -> Probability:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return _fit_sklearn(make_pipeline(StandardScaler(), LogisticRegression(max_iter=500)), sample)


def _fit_sklearn(model: Any, sample: Sample) -> Probability:
    plain = sample.features.only(plain_names())
    known = plain[sample.rows]
    # A column without any value says nothing wherever it is zero.
    usual = np.array([np.median(values) if len(values := column[~np.isnan(column)]) else 0.0 for column in known.T])
    filled = np.where(np.isnan(known), usual, known)
    model.fit(filled, sample.outcomes)

    def probability(rows: Rows) -> Floats:
        own = plain[rows]
        chance = np.clip(model.predict_proba(np.where(np.isnan(own), usual, own))[:, 1], 1e-6, 1 - 1e-6)
        return sample.real(np.log(chance / (1 - chance)))

    return _in_blocks(probability)


def _fit_isolation(sample: Sample) -> Probability:
    """How unlike the usual a transaction is, without any label; labels only turn the score into a probability."""
    plain = sample.features.only(plain_names())
    known = plain[sample.rows].astype(np.float64)
    config = FraudConfig()
    trees = IsolationTrees.fit(
        plain[_as_it_comes(sample)].astype(np.float64),
        n_estimators=config.n_estimators,
        max_samples=config.max_samples,
        seed=sample.seed,
    )
    score = trees.score(known)
    line = fit_calibration(_standard(score, score), sample.outcomes)
    return _in_blocks(
        lambda rows: sample.real(line.slope * _standard(trees.score(plain[rows].astype(np.float64)), score) + line.intercept)
    )


def _fit_amount(sample: Sample) -> Probability:
    """The larger, the likelier."""
    amounts = np.log1p(sample.features.only(("amount",))[:, 0].astype(np.float64))
    known = amounts[sample.rows]
    line = fit_calibration(_standard(known, known), sample.outcomes)
    return lambda rows: sample.real(line.slope * _standard(amounts[rows], known) + line.intercept)


def _as_it_comes(sample: Sample) -> Rows:
    """Rows with as small a share of fraud as all transactions have: what is usual is learnt without labels."""
    rng = np.random.default_rng(sample.seed)
    rows = sample.rows[(sample.outcomes == 0) | (rng.random(len(sample.rows)) < sample.honest_share)]
    return np.sort(rng.permutation(rows)[:_FOREST_ROWS])


def _standard(values: Floats, known: Floats) -> Floats:
    return np.asarray((values - known.mean()) / (known.std() or 1.0))


def _in_blocks(probability: Probability) -> Probability:
    """The same answers with the memory of some rows at a time."""

    def answer(rows: Rows) -> Floats:
        parts = [probability(rows[start : start + _BLOCK]) for start in range(0, len(rows), _BLOCK)]
        return np.concatenate(parts) if parts else np.zeros(0)

    return answer
