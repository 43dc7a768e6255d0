"""Fitting: on windows of the past, and once more on older ones to know how well that does."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.outlook.config import OutlookConfig
from models.outlook.dataset import TrainingSet, horizon_of
from models.outlook.deciles import churn_deciles, spend_deciles
from models.outlook.features import Activity
from models.outlook.model import OutlookModel
from models.outlook.regressions import Churn, Spend, believed, fit_churn, fit_spend
from models.outlook.windows import Window, day_number, window_until, windows_until


@dataclass(frozen=True)
class Activities:
    """Both sides of the marketplace, as of the same day."""

    customers: Activity
    sellers: Activity
    until: pd.Timestamp

    @classmethod
    def of(cls, training_set: TrainingSet) -> "Activities":
        """The training set as arrays."""
        customers = Activity.of(training_set.customer_days, "customer_id")
        return cls(customers, Activity.of(training_set.seller_days, "seller_id"), training_set.until)


def train(training_set: TrainingSet, config: OutlookConfig) -> OutlookModel:
    """The model of all days known; the same rows in any order give the same model.

    Raises:
        EmptyTrainingSetError: the history is too short.
    """
    horizon = horizon_of(training_set, config)
    activities = Activities.of(training_set)
    made = fit(activities, training_set.until, horizon, config)
    judged = fit(activities, training_set.until - pd.Timedelta(days=horizon), horizon, config)
    customers, sellers = last_windows(activities, training_set.until, horizon)
    deciles = (
        *spend_deciles(judged.customer_spend, customers, activities.customers.currencies, seed=config.seed),
        *churn_deciles("customer_churn", judged.customer_churn, customers),
        *churn_deciles("seller_churn", judged.seller_churn, sellers),
    )
    return OutlookModel(
        config, made.until, horizon, made.customer_churn, made.customer_spend, made.seller_churn, deciles
    )  # fmt: skip


def fit(activities: Activities, until: pd.Timestamp, horizon: int, config: OutlookConfig) -> OutlookModel:
    """The regressions of what was known at `until`, a UTC midnight; later days are not looked at."""
    end = day_number(until)
    customers = windows_until(activities.customers, end, horizon, config)
    sellers = windows_until(activities.sellers, end, horizon, config)
    return OutlookModel(
        config, until, horizon, _churn(customers, config), _spend(customers, config), _churn(sellers, config)
    )  # fmt: skip


def last_windows(activities: Activities, until: pd.Timestamp, horizon: int) -> tuple[Window, Window]:
    """The newest window of customers and of sellers: what a model fitted before it is judged by."""
    end = day_number(until)
    return window_until(activities.customers, end, horizon), window_until(activities.sellers, end, horizon)


def _churn(windows: list[Window], config: OutlookConfig) -> Churn | None:
    inputs = np.concatenate([window.known.inputs()[window.is_active] for window in windows])
    stayed_away = np.concatenate([window.stayed_away[window.is_active] for window in windows])
    gone = stayed_away.sum()
    has_enough = min(gone, len(stayed_away) - gone) >= config.min_outcomes
    return fit_churn(inputs, stayed_away, config) if has_enough else None


def _spend(windows: list[Window], config: OutlookConfig) -> Spend | None:
    inputs = np.concatenate([window.known.inputs() for window in windows])
    amounts = np.concatenate([believed(window.amount) for window in windows])
    return fit_spend(inputs, amounts, config) if (amounts > 0).sum() >= config.min_outcomes else None
