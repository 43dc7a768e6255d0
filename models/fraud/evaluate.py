"""How good the fraud model is on later attempts, beside rules and simpler models, with labels only as they were known."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.evaluation import Evaluation, MethodResult, Metric
from models.fraud.baselines import logistic_regression
from models.fraud.config import FraudConfig
from models.fraud.dataset import TrainingSet, as_known_at, known_outcomes
from models.fraud.features import RULE_POINTS, to_matrix
from models.fraud.model import FraudModel
from models.fraud.train import train
from models.metrics.bootstrap import bootstrap_statistic
from models.metrics.classification import average_precision, brier_score, precision_at, recall_at_review_rate, roc_auc

Floats = npt.NDArray[np.float64]

PRIMARY_METRIC = "average_precision"
SERVED = "lightgbm"
BASELINE = "rules"
REVIEW_RATE = 0.01
RESAMPLES = 400


@dataclass(frozen=True)
class TimeSplit:
    """The past as it was known at `split_at`, and the attempts of the window that follows, with what became of them."""

    past: TrainingSet
    test: pd.DataFrame
    outcomes: Floats
    split_at: datetime


def splits_by_time(training_set: TrainingSet, config: FraudConfig) -> list[TimeSplit]:
    """Successive windows over the last `config.test_share` of the attempts that are old enough to be judged.

    Test rows keep the features that they had; the past of each window sees no label that came after its start.
    """
    frame, until = training_set.frame, training_set.until
    outcomes = known_outcomes(frame, until, label_delay=config.label_delay)
    is_old = (frame["attempted_at"] <= until - config.label_delay).to_numpy(bool)
    judged = np.flatnonzero(~np.isnan(outcomes) & is_old)
    tested = judged[int(len(judged) * (1 - config.test_share)) :]
    splits = []
    for rows in np.array_split(tested, config.test_windows):
        if not len(rows):
            continue
        split_at = frame["attempted_at"].iloc[rows[0]].to_pydatetime()
        past = as_known_at(frame, split_at)
        if len(past.frame):
            splits.append(TimeSplit(past, frame.iloc[rows].reset_index(drop=True), outcomes[rows], split_at))
    return splits


def evaluate(training_set: TrainingSet, config: FraudConfig) -> Evaluation:
    """Metrics of what would have been served, window after window, beside its baselines on the same attempts.

    The interval of the difference draws whole groups of attempts that share a customer, a device or a card, since the
    frauds of one ring stand or fall together. Without frauds to find there is no difference, and a note says so.
    """
    splits = splits_by_time(training_set, config)
    if not splits:
        return _nothing_to_judge(f"all {len(training_set.frame)} attempts are younger than {config.label_delay.days} days")
    windows = [_score_window(split, config) for split in splits]
    cold = sum(window.is_cold_start for window in windows)
    test = pd.concat([split.test for split in splits], ignore_index=True)
    outcomes = np.concatenate([split.outcomes for split in splits])
    scores = {name: np.concatenate([window.scores[name] for window in windows]) for name in windows[0].scores}
    groups, frauds = linked_groups(test), int(outcomes.sum())
    notes = [
        f"{len(splits)} windows from {splits[0].split_at:%Y-%m-%d}, each after training on what was known at its start: "
        f"{len(test)} attempts, {frauds} frauds",
        f"silence counts as legitimate after {config.label_delay.days} days; refused payments without a label are left out",
    ]
    if cold:
        notes.append(f"{cold} of {len(splits)} windows began with too few known frauds: the anomaly score decided beside rules")
    if not frauds:
        notes.append("no known fraud among the tested attempts: nothing can be said about finding it")
    return Evaluation(
        task="fraud",
        primary_metric=PRIMARY_METRIC,
        methods=tuple(
            MethodResult(name, _metrics(outcomes, score, groups, is_probability=name == SERVED), name == SERVED)
            for name, score in scores.items()
        ),
        baseline=BASELINE,
        difference=_difference(outcomes, scores[SERVED], scores[BASELINE], groups) if frauds else None,
        row_count=len(test),
        slices=_slices(test, outcomes, scores[SERVED]) if frauds else {},
        notes=tuple(notes),
    )


def compare(challenger: FraudModel, champion: FraudModel, training_set: TrainingSet) -> Metric:
    """Average precision of challenger minus champion on the attempts of the test windows, paired, with its interval.

    A model that knew more than what was known at a window's start would be judged by what it has seen. Such a one is trained
    again for the window, by its own configuration, with the labels of that day: the figure then compares two recipes, and
    equal recipes tie. One that is older than the window is measured as it stands, staleness included.
    """
    splits = splits_by_time(training_set, challenger.config)
    if not splits or not any(split.outcomes.any() for split in splits):
        return Metric(float("nan"))
    if challenger.config == champion.config and min(challenger.training_cutoff, champion.training_cutoff) > splits[-1].split_at:
        return Metric(0.0, 0.0, 0.0)  # one recipe: trained again for any window they are one model
    scores = [_as_they_stood((challenger, champion), split) for split in splits]
    ours, theirs = (np.concatenate(of_windows) for of_windows in zip(*scores, strict=True))
    test = pd.concat([split.test for split in splits], ignore_index=True)
    return _difference(np.concatenate([split.outcomes for split in splits]), ours, theirs, linked_groups(test))


def _as_they_stood(models: Sequence[FraudModel], split: TimeSplit) -> list[Floats]:
    """Each model's probabilities in the window, by what was known at its start."""
    matrix, trained = to_matrix(split.test), dict[FraudConfig, FraudModel]()
    for model in models:
        if model.training_cutoff > split.split_at and model.config not in trained:
            trained[model.config] = train(split.past, model.config)
    judged = [model if model.training_cutoff <= split.split_at else trained[model.config] for model in models]
    return [model.score_matrix(matrix)[0] for model in judged]


@dataclass(frozen=True)
class _Window:
    """What each method says of one window; `is_cold_start` if the served model had no classifier."""

    scores: Mapping[str, Floats]
    is_cold_start: bool


def _score_window(split: TimeSplit, config: FraudConfig) -> _Window:
    model = train(split.past, config)
    probability, anomaly = model.score_matrix(to_matrix(split.test))
    scores = {
        SERVED: probability,
        BASELINE: split.test[RULE_POINTS].to_numpy(np.float64),
        "isolation_forest": anomaly,
        "logistic_regression": _logistic_regression(split, config),
        "amount": split.test["amount_minor"].to_numpy(np.float64),
    }
    return _Window(scores, model.is_cold_start)


def _logistic_regression(split: TimeSplit, config: FraudConfig) -> Floats:
    """Log-odds of the simpler model; the same for all rows as long as only one outcome is known."""
    known = known_outcomes(split.past.frame, split.split_at, label_delay=config.label_delay)
    is_known = ~np.isnan(known)
    if len(set(known[is_known])) < 2:
        return np.zeros(len(split.test))
    return logistic_regression(split.past.frame[is_known], known[is_known], split.test)


def linked_groups(frame: pd.DataFrame) -> npt.NDArray[np.int64]:
    """A group number per row: attempts that share a customer, a device or a card, directly or through others."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    count, start = len(frame), len(frame)
    rows, columns = [], []
    for name in ("customer_id", "device_id", "card_token"):
        codes = pd.factorize(frame[name])[0]
        known = np.flatnonzero(codes >= 0)
        rows.append(known)
        columns.append(start + codes[known])
        start += int(codes.max(initial=-1)) + 1
    edges = np.concatenate(rows), np.concatenate(columns)
    graph = coo_array((np.ones(len(edges[0]), dtype=np.int8), edges), shape=(start, start))
    return np.asarray(connected_components(graph, directed=False)[1][:count], dtype=np.int64)


def _metrics(outcomes: Floats, score: Floats, groups: npt.NDArray[np.int64], *, is_probability: bool) -> Mapping[str, Metric]:
    def with_interval(metric: Callable[[Floats, Floats], float]) -> Metric:
        return bootstrap_statistic(lambda rows: metric(outcomes[rows], score[rows]), len(score), groups=groups, n=RESAMPLES)

    if not outcomes.any():
        return {}
    metrics = {
        "average_precision": with_interval(average_precision),
        "roc_auc": Metric(roc_auc(outcomes, score)),
        "recall_at_1pct_review": Metric(recall_at_review_rate(outcomes, score, rate=REVIEW_RATE)),
        "precision_at_20": Metric(precision_at(outcomes, score, k=20)),
        "precision_at_100": Metric(precision_at(outcomes, score, k=100)),
    }
    return metrics | ({"brier": Metric(brier_score(outcomes, score))} if is_probability else {})


def _difference(outcomes: Floats, ours: Floats, theirs: Floats, groups: npt.NDArray[np.int64]) -> Metric:
    return bootstrap_statistic(
        lambda rows: average_precision(outcomes[rows], ours[rows]) - average_precision(outcomes[rows], theirs[rows]),
        len(outcomes),
        groups=groups,
        n=RESAMPLES,
    )


def _slices(test: pd.DataFrame, outcomes: Floats, probability: Floats) -> dict[str, dict[str, Metric]]:
    """Average precision for customers with and without an earlier order, and with and without a known device."""
    is_new = ~(test["order_count_total"] > 0).to_numpy(bool)
    has_device = test["device_id"].notna().to_numpy(bool)
    chosen = {"new customers": is_new, "returning customers": ~is_new, "device known": has_device, "device unknown": ~has_device}
    return {
        name: {PRIMARY_METRIC: Metric(average_precision(outcomes[rows], probability[rows]))}
        for name, rows in chosen.items()
        if outcomes[rows].any()
    }


def _nothing_to_judge(why: str) -> Evaluation:
    return Evaluation(
        task="fraud", primary_metric=PRIMARY_METRIC, methods=(), baseline=BASELINE, notes=(f"nothing to judge: {why}",)
    )
