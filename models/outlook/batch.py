"""Outlooks made ahead of time, for pages that must not wait."""

from typing import Any

import numpy as np
import pandas as pd

from models.outlook.dataset import TrainingSet
from models.outlook.features import Activity, Known, known_at
from models.outlook.model import OutlookModel
from models.outlook.windows import day_number, is_active


def customer_frame(model: OutlookModel, training_set: TrainingSet) -> pd.DataFrame:
    """Rows for `predictions.customer_outlooks`: every customer with a sale before `training_set.until`.

    `churn_probability` is missing for those who bought nothing within the last horizon: they have left already.
    """
    activity = Activity.of(training_set.customer_days, "customer_id")
    known = known_at(activity, day_number(training_set.until), horizon=model.horizon_days)
    inputs = known.inputs()
    expected = model.customer_spend.expected(inputs) * known.typical if model.customer_spend else np.full(len(inputs), np.nan)
    leaves = model.customer_churn.probability(inputs) if model.customer_churn else np.full(len(known.rows), np.nan)
    active = is_active(known, model.horizon_days)
    leaves = np.where(active, leaves, np.nan)
    frame = _facts("customer_id", activity, known, model)
    at_stake = leaves * frame["last_period_minor"]
    return frame.assign(
        is_active=active, expected_minor=_whole(expected), churn_probability=leaves, at_stake_minor=_whole(at_stake)
    )


def seller_frame(model: OutlookModel, training_set: TrainingSet) -> pd.DataFrame:
    """Rows for `predictions.seller_outlooks`: every seller with a sale; without a probability where none was learned."""
    activity = Activity.of(training_set.seller_days, "seller_id")
    known = known_at(activity, day_number(training_set.until), horizon=model.horizon_days)
    leaves = model.seller_churn.probability(known.inputs()) if model.seller_churn else np.full(len(known.rows), np.nan)
    active = is_active(known, model.horizon_days)
    frame = _facts("seller_id", activity, known, model)
    return frame.assign(is_active=active, churn_probability=np.where(active, leaves, np.nan))


def decile_frame(model: OutlookModel) -> pd.DataFrame:
    """Rows for `predictions.outlook_deciles`: expectation and outcome by tenth, over the last horizon before the training."""
    columns = ["subject", "decile", "entity_count", "expected", "actual", "actual_low", "actual_high", "currency"]
    frame = pd.DataFrame([vars(decile) for decile in model.deciles], columns=columns)
    last = (model.until - pd.Timedelta(days=1)).date()
    first = (model.until - pd.Timedelta(days=model.horizon_days)).date()
    return frame.assign(from_date=first, to_date=last)


def total_frame(model: OutlookModel, customers: pd.DataFrame, sellers: pd.DataFrame) -> pd.DataFrame:
    """Rows for `predictions.outlook_totals`: what the rows of `customer_frame` and `seller_frame` add up to, by currency."""
    people = customers.assign(subject="customers")
    shops = sellers.assign(subject="sellers", expected_minor=0, at_stake_minor=0)
    columns = ["subject", "currency", "is_active", "churn_probability", "expected_minor", "at_stake_minor"]
    everybody = pd.concat([people[columns], shops[columns]])
    found = everybody.groupby(["subject", "currency"], as_index=False).agg(
        entity_count=("is_active", "size"),
        active_count=("is_active", "sum"),
        judged_count=("churn_probability", "count"),
        leaving_count=("churn_probability", "sum"),
        expected_minor=("expected_minor", "sum"),
        at_stake_minor=("at_stake_minor", "sum"),
    )
    return found.assign(horizon_days=model.horizon_days)


def _facts(entity: str, activity: Activity, known: Known, model: OutlookModel) -> pd.DataFrame:
    return pd.DataFrame(
        {
            entity: activity.entity_ids[known.rows],
            "last_sale_date": known.last_day.astype("datetime64[D]").astype(object),
            "sale_day_count": known.feature("sale_day_count").astype(int),
            "usual_gap_days": np.where(known.feature("sale_day_count") > 1, known.feature("usual_gap_days"), np.nan),
            "last_period_minor": _whole(known.feature("amount_last_horizon") * known.typical),
            "currency": activity.currencies[known.currency],
            "horizon_days": model.horizon_days,
        }
    )


def _whole(minor: Any) -> pd.Series:
    """Amounts in whole minor units, missing ones left missing."""
    return pd.Series(np.rint(np.asarray(minor, dtype=np.float64))).astype("Int64")
