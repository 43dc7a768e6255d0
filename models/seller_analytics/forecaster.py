"""What is learnt from past windows of a table, and what it says of the periods after any later one.

There are two forecasts. The *point* forecast errs least: on skewed sales it lies near the median, and who buys stock by it
lacks a third of what is asked for. The *stock* forecast is right in sum, within a few per cent. Sellers' pages, `marketplace
evaluate forecast` and the benchmarks all come through here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.metrics.forecasting import bias, wape
from models.seller_analytics.config import SellerAnalyticsConfig
from models.seller_analytics.dataset import SeriesTable
from models.seller_analytics.demand import deviation, fit_stretch
from models.seller_analytics.forecast import Floats, Recipe, expect, mean_of_medians
from models.seller_analytics.intervals import UNTRIED_BANDS, Bands, fit_bands, seller_scale
from models.seller_analytics.point import fit_shift, shifted
from models.seller_analytics.pooled import PastRows, PooledTrees, fit_trees, past_rows
from models.seller_analytics.windows import Window, has_enough, past_windows

# The share of the way from the median to the upper quantile at which the sum is right lies within these.
_LEAST_LEAN, _MOST_LEAN = 0.0, 1.5
# ... but for so much of it: the last of the sum is in the rare great weeks, and each point of it costs half a point of WAPE.
_SHORT = 0.03


@dataclass(frozen=True)
class Foretold:
    """Series × periods of both forecasts, and per series the unit in which its errors are counted."""

    point: Floats
    stock: Floats
    scale: Floats


@dataclass(frozen=True)
class Forecaster:
    """`recipe` and `shift` make the plain forecasts of any table; with `trees`, these make both, `lean` apart.

    `stretch` is what the spread of a week's demand is multiplied by for stock to keep its service level.
    """

    config: SellerAnalyticsConfig
    recipe: Recipe
    shift: float
    bands: Bands
    trees: PooledTrees | None = None
    lean: float = 0.0
    stretch: float = 1.0

    def ahead(self, known: SeriesTable, horizon: int) -> Foretold:
        """Both forecasts of the periods after the table's last."""
        if self.trees is None:
            return plain(known, self.recipe, self.shift, self.config, horizon)
        low, high = self.trees.over(known, horizon)
        return _leaning(known, low, high, self.lean, self.config)

    def spread(self, known: SeriesTable, stock: Floats) -> Floats:
        """Per series, how far a week's demand may lie from the mean of its stock forecast, for buying at a service level."""
        return self.stretch * deviation(known, stock.mean(axis=1))


def fit_forecaster(table: SeriesTable, config: SellerAnalyticsConfig) -> Forecaster:
    """Everything that past windows of the table teach; trees where they err less there than plain levels do."""
    windows = past_windows(table, config, origins=config.calibration_origins)
    recipe = choose_recipe(windows, config)
    shift = fit_shift(windows, recipe, config)
    made = [plain(window.known, recipe, shift, config, config.horizon_days) for window in windows]
    is_weekly = table.cycle == 1
    stretch = _stretch(windows, made) if is_weekly else 1.0
    forecaster = Forecaster(config, recipe, shift, _bands(windows, made), stretch=stretch)
    # A weekday pattern is what plain levels are for; trees learn from weeks.
    rows = past_rows(table, config, has_enough=lambda known: has_enough(known, config)) if is_weekly else None
    return forecaster if rows is None else _with_trees(forecaster, table, rows)


def choose_recipe(windows: list[Window], config: SellerAnalyticsConfig) -> Recipe:
    """The half-life and the pull of the pooled pattern that did best over the windows; the slowest without any.

    Best is the least WAPE plus |bias|: WAPE alone would favour forecasts that are too low on skewed sales.
    """
    recipes = [
        Recipe(half_life, pooled_weeks, config.weekday_half_life_days)
        for half_life in config.level_half_life_steps
        for pooled_weeks in config.pooled_weeks_steps
    ]
    if not windows:
        return recipes[-1]
    actual = np.concatenate([window.actual.ravel() for window in windows])
    tried = []
    for recipe in recipes:
        parts = [expect(window.known, recipe).over(window.weekdays)[window.sellers].ravel() for window in windows]
        together = np.concatenate(parts)
        tried.append(wape(actual, together) + abs(bias(actual, together)))
    return recipes[int(np.nanargmin([figure if not np.isnan(figure) else np.inf for figure in tried]))]


def plain(known: SeriesTable, recipe: Recipe, shift: float, config: SellerAnalyticsConfig, horizon: int) -> Foretold:
    """Each series from itself: its smoothed level for stock; for the point half that, moved, and half its medians.

    The two err in different ways, so that their mean errs less than the better of them.
    """
    made = expect(known, recipe)
    weekdays = known.weekdays_after(horizon)
    stock = made.over(weekdays)
    scale = seller_scale(known.values, made.level, days=config.recent_days)
    medians = mean_of_medians(known, config.median_weeks, weekdays)
    return Foretold((shifted(stock, scale, shift) + medians) / 2, stock, scale)


def _with_trees(forecaster: Forecaster, table: SeriesTable, rows: PastRows) -> Forecaster:
    config = forecaster.config
    quantiles = []
    windows = []
    for window in past_windows(table, config, origins=config.tree_windows):
        trees = fit_trees(rows, config, until=len(window.known.days))
        if trees is not None:
            windows.append(window)
            quantiles.append(trees.over(window.known, config.horizon_days))
    trees = fit_trees(rows, config, until=len(table.days))
    if not windows or trees is None:
        return forecaster
    actual = np.concatenate([window.actual for window in windows])
    low, high = (
        np.concatenate([pair[side][window.sellers] for pair, window in zip(quantiles, windows, strict=True)]) for side in (0, 1)
    )
    usual = [forecaster.ahead(window.known, config.horizon_days).point[window.sellers] for window in windows]
    if wape(actual, low) >= wape(actual, np.concatenate(usual)):
        return forecaster
    apart = float((high - low).sum())
    wanted = (1 - _SHORT) * float(actual.sum()) - float(low.sum())
    lean = float(np.clip(wanted / apart, _LEAST_LEAN, _MOST_LEAN)) if apart > 0 else 0.0
    made = [_leaning(window.known, low, high, lean, config) for (low, high), window in zip(quantiles, windows, strict=True)]
    return Forecaster(config, forecaster.recipe, forecaster.shift, _bands(windows, made), trees, lean, _stretch(windows, made))


def _leaning(known: SeriesTable, low: Floats, high: Floats, lean: float, config: SellerAnalyticsConfig) -> Foretold:
    stock = low + lean * (high - low)
    return Foretold(low, stock, seller_scale(known.values, stock.mean(axis=1), days=config.recent_days))


def _stretch(windows: list[Window], made: list[Foretold]) -> float:
    if not windows:
        return 1.0
    actual = np.concatenate([window.actual for window in windows])
    stock = [foretold.stock[window.sellers] for window, foretold in zip(windows, made, strict=True)]
    spread = [
        deviation(window.known, foretold.stock.mean(axis=1))[window.sellers]
        for window, foretold in zip(windows, made, strict=True)
    ]
    return fit_stretch(actual, np.concatenate(stock), np.concatenate(spread))


def _bands(windows: list[Window], made: list[Foretold]) -> Bands:
    if not windows:
        return UNTRIED_BANDS
    errors = [
        ((window.actual - foretold.stock[window.sellers]) / foretold.scale[window.sellers][:, None]).ravel()
        for window, foretold in zip(windows, made, strict=True)
    ]
    return fit_bands(np.concatenate(errors))
