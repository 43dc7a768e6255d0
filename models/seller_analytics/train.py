"""Fitting: the recipe and the bands on past windows, the levels on everything known."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.metrics.forecasting import bias, wape
from models.seller_analytics.config import SellerAnalyticsConfig
from models.seller_analytics.dataset import RevenueTable, TrainingSet, revenue_table
from models.seller_analytics.forecast import Floats, Recipe, expect
from models.seller_analytics.intervals import Bands, fit_bands, seller_scale
from models.seller_analytics.model import SellerAnalyticsModel

# With nothing past to judge by: errors of a day as large as those of a Laplace distribution of scale 1.
UNTRIED_BANDS = Bands((-1.61, -3.00), (1.61, 3.00))


def train(training_set: TrainingSet, config: SellerAnalyticsConfig) -> SellerAnalyticsModel:
    """The model of all days known; the same rows in any order give the same model.

    Raises:
        EmptyTrainingSetError: nobody sold anything.
    """
    return fit(revenue_table(training_set), config)


def as_of(model: SellerAnalyticsModel, training_set: TrainingSet) -> SellerAnalyticsModel:
    """The model with the sales that are known by now: recipe and bands stay as learned, levels and weekdays are today's.

    Raises:
        EmptyTrainingSetError: nobody sold anything.
    """
    return _at(revenue_table(training_set), model.recipe, model.bands, model.config)


def fit(table: RevenueTable, config: SellerAnalyticsConfig) -> SellerAnalyticsModel:
    """The model of a table as it stands."""
    return _at(table, *choose_recipe(table, config), config)


def _at(table: RevenueTable, recipe: Recipe, bands: Bands, config: SellerAnalyticsConfig) -> SellerAnalyticsModel:
    expectation = expect(table, recipe)
    history_days, active_days = count_days(table, config)
    return SellerAnalyticsModel(
        config=config,
        recipe=recipe,
        bands=bands,
        last_day=table.days[-1].date(),
        seller_ids=table.seller_ids,
        currencies=np.array([table.currencies[seller_id] for seller_id in table.seller_ids.tolist()], dtype=str),
        expectation=expectation,
        scale=seller_scale(table.revenue, expectation.level, days=config.recent_days),
        history_days=history_days,
        active_days=active_days,
        last_period_wape=_last_period_wape(table, recipe, config),
    )


def count_days(table: RevenueTable, config: SellerAnalyticsConfig) -> tuple[NDArray[np.int_], NDArray[np.int_]]:
    """Per seller: days since the first sale, and days with sales among the last `recent_days`."""
    return (~np.isnan(table.revenue)).sum(axis=1), (np.nan_to_num(table.revenue[:, -config.recent_days :]) > 0).sum(axis=1)


def has_enough(table: RevenueTable, config: SellerAnalyticsConfig) -> NDArray[np.bool_]:
    """Which sellers may get a forecast as of the table's last day."""
    history_days, active_days = count_days(table, config)
    return np.asarray((history_days >= config.min_history_days) & (active_days >= config.min_active_days))


@dataclass(frozen=True)
class Window:
    """A past stretch of days: what was known before it, who could be foretold, and what came."""

    known: RevenueTable
    sellers: NDArray[np.intp]
    weekdays: NDArray[np.intp]
    actual: Floats


def past_windows(table: RevenueTable, config: SellerAnalyticsConfig, *, origins: int) -> list[Window]:
    """Up to `origins` back-to-back windows of `horizon_days` that end on the last day, oldest first.

    Windows before which nobody had enough history are left out.
    """
    windows = []
    for step in range(origins, 0, -1):
        start = len(table.days) - step * config.horizon_days
        if start < config.min_history_days:
            continue
        known = table.first(start)
        sellers = np.flatnonzero(has_enough(known, config))
        if len(sellers):
            window = slice(start, start + config.horizon_days)
            windows.append(Window(known, sellers, table.weekdays[window], table.revenue[sellers, window]))
    return windows


def choose_recipe(table: RevenueTable, config: SellerAnalyticsConfig) -> tuple[Recipe, Bands]:
    """The half-life and the pull of the pooled pattern that did best over past windows, and bands from its errors.

    Best is the least WAPE plus |bias|: WAPE alone would favour forecasts that are too low on skewed sales.
    """
    windows = past_windows(table, config, origins=config.calibration_origins)
    recipes = [
        Recipe(half_life, pooled_weeks, config.weekday_half_life_days)
        for half_life in config.level_half_life_steps
        for pooled_weeks in config.pooled_weeks_steps
    ]
    if not windows:
        return recipes[-1], UNTRIED_BANDS
    actual = np.concatenate([window.actual.ravel() for window in windows])
    tried = []
    for recipe in recipes:
        expectations = [expect(window.known, recipe) for window in windows]
        foretold = [made.over(window.weekdays)[window.sellers] for made, window in zip(expectations, windows, strict=True)]
        together = np.concatenate([part.ravel() for part in foretold])
        tried.append((wape(actual, together) + abs(bias(actual, together)), expectations, foretold))
    best = int(np.nanargmin([figure if not np.isnan(figure) else np.inf for figure, _, _ in tried]))
    _, expectations, foretold = tried[best]
    errors = [
        (window.actual - part) / seller_scale(window.known.revenue, made.level, days=config.recent_days)[window.sellers][:, None]
        for window, made, part in zip(windows, expectations, foretold, strict=True)
    ]
    return recipes[best], fit_bands(np.concatenate([part.ravel() for part in errors]))


def _last_period_wape(table: RevenueTable, recipe: Recipe, config: SellerAnalyticsConfig) -> Floats:
    found = np.full(len(table.seller_ids), np.nan)
    for window in past_windows(table, config, origins=1):
        foretold = expect(window.known, recipe).over(window.weekdays)[window.sellers]
        found[window.sellers] = [wape(came, said) for came, said in zip(window.actual, foretold, strict=True)]
    return found
