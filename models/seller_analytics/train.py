"""Fitting: what is learnt from past windows, and the levels of everything known."""

from dataclasses import replace

import numpy as np

from models.metrics.forecasting import bias, wape
from models.seller_analytics.config import SellerAnalyticsConfig
from models.seller_analytics.dataset import SeriesTable, TrainingSet, currencies_of, series_of_products, series_of_sellers
from models.seller_analytics.forecast import Floats, expect
from models.seller_analytics.forecaster import Forecaster, fit_forecaster
from models.seller_analytics.intervals import seller_scale
from models.seller_analytics.model import SellerAnalyticsModel
from models.seller_analytics.windows import count_days, past_windows


def train(training_set: TrainingSet, config: SellerAnalyticsConfig) -> SellerAnalyticsModel:
    """The model of all days known; the same rows in any order give the same model.

    Raises:
        EmptyTrainingSetError: nobody sold anything.
    """
    weeks = series_of_products(training_set)
    products = None if weeks is None else fit_forecaster(weeks, SellerAnalyticsConfig.weekly(seed=config.seed))
    model = fit(series_of_sellers(training_set), config)
    return replace(model, products=products, currencies=currencies_of(training_set, model.seller_ids))


def as_of(model: SellerAnalyticsModel, training_set: TrainingSet) -> SellerAnalyticsModel:
    """The model with the sales that are known by now: recipe and bands stay as learned, levels and weekdays are today's.

    Raises:
        EmptyTrainingSetError: nobody sold anything.
    """
    made = _at(series_of_sellers(training_set), model.forecaster)
    return replace(made, products=model.products, currencies=currencies_of(training_set, made.seller_ids))


def fit(table: SeriesTable, config: SellerAnalyticsConfig) -> SellerAnalyticsModel:
    """The model of a table as it stands, without products and currencies."""
    return _at(table, fit_forecaster(table, config))


def _at(table: SeriesTable, forecaster: Forecaster) -> SellerAnalyticsModel:
    config = forecaster.config
    expectation = expect(table, forecaster.recipe)
    history_days, active_days = count_days(table, config)
    last_wape, last_bias = _last_period(table, forecaster)
    return SellerAnalyticsModel(
        forecaster=forecaster,
        last_day=table.days[-1].date(),
        seller_ids=table.keys,
        currencies=np.full(len(table.keys), "", dtype="<U3"),
        expectation=expectation,
        scale=seller_scale(table.values, expectation.level, days=config.recent_days),
        history_days=history_days,
        active_days=active_days,
        last_period_wape=last_wape,
        last_period_bias=last_bias,
    )


def _last_period(table: SeriesTable, forecaster: Forecaster) -> tuple[Floats, Floats]:
    """WAPE and bias per seller of what would have been said before the last window, by the recipe as it is now.

    Levels, weekdays and courses are those known then; half-lives, pulls, and whether there is a trend or a course of earlier
    years, were chosen with the window in view, one recipe for all sellers.
    """
    off, leaning = np.full((2, len(table.keys)), np.nan)
    for window in past_windows(table, forecaster.config, origins=1):
        foretold = expect(window.known, forecaster.recipe).over(window.weekdays)[window.sellers]
        off[window.sellers] = [wape(came, said) for came, said in zip(window.actual, foretold, strict=True)]
        leaning[window.sellers] = [bias(came, said) for came, said in zip(window.actual, foretold, strict=True)]
    return off, leaning
