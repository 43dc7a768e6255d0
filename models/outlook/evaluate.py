"""Judgement on the last horizon of the past: the outlook beside a recency rule, the last period, and BG/NBD with gamma-gamma."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.evaluation import Evaluation, MethodResult, Metric
from models.metrics.bootstrap import interval_of
from models.metrics.classification import roc_auc
from models.outlook.buy_till_you_die import fit_buy_till_you_die
from models.outlook.config import OutlookConfig
from models.outlook.dataset import TrainingSet, horizon_of
from models.outlook.deciles import TENTHS, tenths
from models.outlook.features import Floats
from models.outlook.model import OutlookModel
from models.outlook.train import Activities, fit, last_windows
from models.outlook.windows import Window

PRIMARY_METRIC = "spend_lift_at_10pct"
SERVED, RECENCY, LAST_PERIOD, STANDARD = "regressions", "recency", "same_as_last_period", "bg_nbd_gamma_gamma"
_DRAWS = 500


@dataclass(frozen=True)
class _Said:
    """What one method says of the rows of a window: an order or an amount of spend, an order or a probability of leaving."""

    spend: Floats | None
    is_amount: bool
    leaves: Floats | None
    seller_leaves: Floats | None = None


def evaluate(training_set: TrainingSet, config: OutlookConfig) -> Evaluation:
    """The table of methods over the last horizon; everything is fitted on the days before it.

    A lift is how many times the mean a method's top tenth has of what came: of all spend, or of all who stayed away among
    those active before. The difference is ours minus the recency rule's, whole customers drawn.

    Raises:
        EmptyTrainingSetError: the history is too short.
    """
    horizon = horizon_of(training_set, config)
    activities = Activities.of(training_set)
    started = training_set.until - pd.Timedelta(days=horizon)
    model = fit(activities, started, horizon, config)
    customers, sellers = last_windows(activities, training_set.until, horizon)
    said = _methods(model, customers, sellers)
    methods = tuple(
        MethodResult(name, _figures(method, customers, sellers, config), is_served=name == SERVED)
        for name, method in said.items()
    )
    ours, theirs = said[SERVED].spend, said[RECENCY].spend
    difference = None if ours is None or theirs is None else _lift_gain(customers.amount, ours, theirs, config)
    active, seller_active = int(customers.is_active.sum()), int(sellers.is_active.sum())
    return Evaluation(
        task="outlook",
        primary_metric=PRIMARY_METRIC,
        methods=methods,
        baseline=RECENCY,
        difference=difference,
        row_count=len(training_set.customer_days) + len(training_set.seller_days),
        notes=(
            f"judged by the {horizon} days before {training_set.until:%Y-%m-%d}, of which nothing was known: "
            f"{len(customers.known.rows)} customers, {active} of them active in the {horizon} days before, and "
            f"{seller_active} active sellers",
            *(_lack(what, config) for what, part in _parts(model).items() if part is None),
        ),
    )


def compare(challenger: OutlookModel, champion: OutlookModel, training_set: TrainingSet) -> Metric:
    """The challenger's spend lift minus the champion's over the newest window, customers drawn; positive favours the challenger.

    One that was fitted on days of the window would be judged by what it has seen: it is fitted again, by its own
    configuration, on the days before. An older one is measured as it stands, staleness included.
    """
    horizon, activities = challenger.horizon_days, Activities.of(training_set)
    started = training_set.until - pd.Timedelta(days=horizon)
    customers, _ = last_windows(activities, training_set.until, horizon)
    judged = [
        model if model.until <= started else fit(activities, started, horizon, model.config) for model in (challenger, champion)
    ]
    if any(model.customer_spend is None for model in judged):
        return Metric(float("nan"))
    inputs = customers.known.inputs()
    ours, theirs = (model.customer_spend.expected(inputs) for model in judged if model.customer_spend is not None)
    return _lift_gain(customers.amount, ours, theirs, challenger.config)


def lift(outcome: Floats, scores: Floats, weights: Floats | None = None) -> float:
    """How many times its share the top tenth by score has of the outcome; NaN where nothing came.

    Args:
        weights: how often each row counts, once if not said.
    """
    order = np.argsort(-scores, kind="stable")
    return _lift_in_order(outcome[order], np.ones(len(scores)) if weights is None else weights[order])


def _lift_in_order(outcome: Floats, weight: Floats) -> float:
    """The lift of rows that stand by falling score."""
    before = np.cumsum(weight) - weight
    top = np.clip(weight.sum() / TENTHS - before, 0, weight)
    total = float(weight @ outcome)
    return float(top @ outcome) / total * TENTHS if total else float("nan")


def calibration_error(amount: Floats, expected: Floats) -> float:
    """Over tenths by expectation, the misses of their sums as a share of all that came."""
    place = tenths(expected)
    misses = np.bincount(place, weights=expected, minlength=TENTHS) - np.bincount(place, weights=amount, minlength=TENTHS)
    return float(np.abs(misses).sum() / amount.sum()) if amount.sum() else float("nan")


def _methods(model: OutlookModel, customers: Window, sellers: Window) -> dict[str, _Said]:
    inputs, seller_inputs = customers.known.inputs(), sellers.known.inputs()
    standard = fit_buy_till_you_die(customers.known)
    silent = customers.known.feature("silent_days")
    return {
        SERVED: _Said(
            model.customer_spend.expected(inputs) if model.customer_spend else None,
            True,
            model.customer_churn.probability(inputs) if model.customer_churn else None,
            model.seller_churn.probability(seller_inputs) if model.seller_churn else None,
        ),
        RECENCY: _Said(-silent, False, silent, sellers.known.feature("silent_days")),
        LAST_PERIOD: _Said(customers.known.feature("amount_last_horizon"), True, None),
        STANDARD: _Said(
            standard.spend(customers.known, customers.horizon), True, standard.stays_away(customers.known, customers.horizon)
        ),
    }


def _figures(said: _Said, customers: Window, sellers: Window, config: OutlookConfig) -> dict[str, Metric]:
    figures: dict[str, Metric] = {}
    if said.spend is not None:
        figures[PRIMARY_METRIC] = _lift_of(customers.amount, said.spend, config)
        if said.is_amount and customers.amount.sum():
            figures["spend_expected_to_actual"] = Metric(float(said.spend.sum() / customers.amount.sum()))
            figures["spend_decile_error"] = Metric(calibration_error(customers.amount, said.spend))
    figures |= _churn_figures("churn", said.leaves, customers, config)
    return figures | _churn_figures("seller_churn", said.seller_leaves, sellers, config)


def _churn_figures(name: str, leaves: Floats | None, window: Window, config: OutlookConfig) -> dict[str, Metric]:
    gone = window.stayed_away[window.is_active]
    if leaves is None or not 0 < gone.sum() < len(gone):
        return {}
    scores = leaves[window.is_active]
    return {f"{name}_lift_at_10pct": _lift_of(gone, scores, config), f"{name}_roc_auc": Metric(roc_auc(gone, scores))}


def _lift_of(outcome: Floats, scores: Floats, config: OutlookConfig) -> Metric:
    return interval_of(lift(outcome, scores), list(_drawn_lifts(outcome, scores, config)))


def _lift_gain(outcome: Floats, ours: Floats, theirs: Floats, config: OutlookConfig) -> Metric:
    pairs = zip(_drawn_lifts(outcome, ours, config), _drawn_lifts(outcome, theirs, config), strict=True)
    return interval_of(lift(outcome, ours) - lift(outcome, theirs), [one - other for one, other in pairs])


def _drawn_lifts(outcome: Floats, scores: Floats, config: OutlookConfig) -> Iterator[float]:
    """The lift of one draw after the other, the same draws for all scores; of a million rows only one is held at a time."""
    order = np.argsort(-scores, kind="stable")
    came = outcome[order]
    rng = np.random.default_rng(config.seed)
    for _ in range(_DRAWS):
        weights = np.bincount(rng.integers(0, len(scores), len(scores)), minlength=len(scores)).astype(np.float64)
        yield _lift_in_order(came, weights[order])


def _parts(model: OutlookModel) -> dict[str, object]:
    return {
        "spend of customers": model.customer_spend,
        "customers who leave": model.customer_churn,
        "sellers who leave": model.seller_churn,
    }


def _lack(what: str, config: OutlookConfig) -> str:
    return f"too little to learn of {what}: fewer than {config.min_outcomes} who came or who stayed away"
