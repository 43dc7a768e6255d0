"""How good the fraud model is on later attempts, beside rules and simpler models, with labels only as they were known."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.evaluation import Evaluation, MethodResult, Metric
from models.fraud.baselines import logistic_regression, rule_points
from models.fraud.config import FraudConfig
from models.fraud.dataset import TrainingSet, as_known_at, known_outcomes
from models.fraud.features import to_matrix
from models.fraud.model import FraudModel
from models.fraud.train import train
from models.metrics.bootstrap import bootstrap_statistic
from models.metrics.classification import average_precision, brier_score, precision_at, recall_at_review_rate, roc_auc

Floats = npt.NDArray[np.float64]

PRIMARY_METRIC = "average_precision"
BASELINE = "rules"
REVIEW_RATE = 0.01
RESAMPLES = 400


@dataclass(frozen=True)
class TimeSplit:
    """The past as it was known at `split_at`, and the later attempts whose outcome is known by the set's end."""

    past: TrainingSet
    test: pd.DataFrame
    outcomes: Floats
    split_at: datetime


def split_by_time(training_set: TrainingSet, config: FraudConfig) -> TimeSplit:
    """The last `config.test_share` of the attempts that are old enough to be judged, and everything before them.

    The test rows keep the features that they had; the past sees no label that came after the split.
    """
    frame, until = training_set.frame, training_set.until
    outcomes = known_outcomes(frame, until, label_delay=config.label_delay)
    is_judged = ~np.isnan(outcomes) & (frame["attempted_at"] <= until - config.label_delay).to_numpy(bool)
    judged = np.flatnonzero(is_judged)
    first = judged[int(len(judged) * (1 - config.test_share))] if len(judged) else len(frame)
    split_at = frame["attempted_at"].iloc[first].to_pydatetime() if len(judged) else until
    past = as_known_at(frame, split_at)
    is_test = is_judged & (frame["attempted_at"] >= split_at).to_numpy(bool)
    return TimeSplit(past, frame[is_test].reset_index(drop=True), outcomes[is_test], split_at)


def evaluate(training_set: TrainingSet, config: FraudConfig) -> Evaluation:
    """Metrics of what would be served beside its baselines on the newest judged attempts, trained on what came before.

    The interval of the difference draws whole groups of attempts that share a customer, a device or a card, since the
    frauds of one ring stand or fall together. Without frauds to find there is no difference, and a note says so.
    """
    split = split_by_time(training_set, config)
    if not len(split.test) or not len(split.past.frame):
        return _nothing_to_judge(f"all {len(training_set.frame)} attempts are younger than {config.label_delay.days} days")
    model = train(split.past, config)
    probability, anomaly = model.score_matrix(to_matrix(split.test))
    scores: dict[str, Floats] = {
        "isolation_forest" if model.is_cold_start else "lightgbm": probability,
        BASELINE: rule_points(split.test),
        "amount": split.test["amount_minor"].to_numpy(np.float64),
    }
    if not model.is_cold_start:
        scores["isolation_forest"] = anomaly
        known = known_outcomes(split.past.frame, split.split_at, label_delay=config.label_delay)
        is_known = ~np.isnan(known)
        scores["logistic_regression"] = logistic_regression(split.past.frame[is_known], known[is_known], split.test)
    served = next(iter(scores))
    groups = linked_groups(split.test)
    methods = tuple(
        MethodResult(name, _metrics(split.outcomes, score, groups, is_probability=name == served), name == served)
        for name, score in scores.items()
    )
    frauds = int(split.outcomes.sum())
    notes = [
        f"trained on what was known at {split.split_at:%Y-%m-%d}, tested on {len(split.test)} later attempts, {frauds} frauds",
        f"silence counts as legitimate after {config.label_delay.days} days; refused payments without a label are left out",
    ]
    if model.is_cold_start:
        notes.append("too few known frauds before the split: rules and the anomaly score decide, the probability is assumed")
    if not frauds:
        notes.append("no known fraud among the tested attempts: nothing can be said about finding it")
    return Evaluation(
        task="fraud",
        primary_metric=PRIMARY_METRIC,
        methods=methods,
        baseline=BASELINE,
        difference=_difference(split.outcomes, scores[served], scores[BASELINE], groups) if frauds else None,
        row_count=len(split.test),
        slices=_slices(split, probability) if frauds else {},
        notes=tuple(notes),
    )


def compare(challenger: FraudModel, champion: FraudModel, training_set: TrainingSet, config: FraudConfig | None = None) -> Metric:
    """Average precision of challenger minus champion on the newest judged attempts, paired, with its interval.

    Both were fitted before the comparison, so either may have seen some of these attempts with their labels, the
    challenger the most: the figure says that the challenger is not broken, `evaluate` says how good its recipe is.
    """
    split = split_by_time(training_set, config or FraudConfig())
    if not len(split.test) or not split.outcomes.sum():
        return Metric(float("nan"))
    matrix = to_matrix(split.test)
    (ours, _), (theirs, _) = challenger.score_matrix(matrix), champion.score_matrix(matrix)
    return _difference(split.outcomes, ours, theirs, linked_groups(split.test))


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
        "roc_auc": with_interval(roc_auc),
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


def _slices(split: TimeSplit, probability: Floats) -> dict[str, dict[str, Metric]]:
    """Average precision for customers with and without an earlier order, and with and without a known device."""
    is_new = ~(split.test["order_count_total"] > 0).to_numpy(bool)
    has_device = split.test["device_id"].notna().to_numpy(bool)
    chosen = {"new customers": is_new, "returning customers": ~is_new, "device known": has_device, "device unknown": ~has_device}
    return {
        name: {PRIMARY_METRIC: Metric(average_precision(split.outcomes[rows], probability[rows]))}
        for name, rows in chosen.items()
        if split.outcomes[rows].any()
    }


def _nothing_to_judge(why: str) -> Evaluation:
    return Evaluation(
        task="fraud", primary_metric=PRIMARY_METRIC, methods=(), baseline=BASELINE, notes=(f"nothing to judge: {why}",)
    )
