"""What is learnt from past windows of a table, and what it says of the periods after any later one.

There are two forecasts. The *point* forecast errs least: on skewed sales it lies near the median, and who buys stock by it
lacks a third of what is asked for. The *stock* forecast is right in sum, within a few per cent. Sellers' pages, `marketplace
evaluate forecast` and the benchmarks all come through here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from models.metrics.forecasting import wape
from models.seller_analytics.choosing import choose_plain_share, choose_recipe, choose_share, window_a_year_ago
from models.seller_analytics.config import SellerAnalyticsConfig
from models.seller_analytics.dataset import SeriesTable
from models.seller_analytics.demand import deviation, fit_stretch
from models.seller_analytics.forecast import STEPS, Floats, Recipe, expect, mean_of_medians
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
class Plain:
    """What each series says of itself: its level for stock, that level moved, and the mean of its medians.

    Moved level and medians err in different ways, so that half of each mostly errs less than the better of them.
    """

    moved: Floats
    medians: Floats
    stock: Floats
    scale: Floats

    def at(self, level_share: float) -> Foretold:
        """Both forecasts; so much of the point is the moved level."""
        return Foretold(level_share * self.moved + (1 - level_share) * self.medians, self.stock, self.scale)


@dataclass(frozen=True)
class Forecaster:
    """`recipe`, `shift` and `level_share` make the plain forecasts of any table; with `trees`, these make both, `lean` apart.

    Of the stock forecast beside trees `plain_share` is the plain one. `stretch` is what the spread of a week's demand is
    multiplied by for stock to keep its service level.
    """

    config: SellerAnalyticsConfig
    recipe: Recipe
    shift: float
    bands: Bands
    level_share: float = 0.5
    trees: PooledTrees | None = None
    lean: float = 0.0
    plain_share: float = 0.0
    stretch: float = 1.0

    def ahead(self, known: SeriesTable, horizon: int) -> Foretold:
        """Both forecasts of the periods after the table's last."""
        if self.trees is None:
            return self.plain(known, horizon)
        low, high = self.trees.over(known, horizon)
        beside = self.plain(known, horizon).stock if self.plain_share else None
        return _leaning(known, low, high, self.lean, self.config, beside=beside, share=self.plain_share)

    def plain(self, known: SeriesTable, horizon: int) -> Foretold:
        """Both forecasts of each series from itself."""
        return plain(known, self.recipe, self.shift, self.config, horizon).at(self.level_share)

    def spread(self, known: SeriesTable, stock: Floats) -> Floats:
        """Per series, how far a week's demand may lie from the mean of its stock forecast, for buying at a service level."""
        return self.stretch * deviation(known, stock.mean(axis=1))


def fit_forecaster(table: SeriesTable, config: SellerAnalyticsConfig) -> Forecaster:
    """Everything that past windows of the table teach; trees where they err less there than plain levels do."""
    windows = past_windows(table, config, origins=config.calibration_origins)
    recipe = choose_recipe(windows, config, year_ago=window_a_year_ago(table, config))
    shift = fit_shift(windows, recipe, config)
    made = [plain(window.known, recipe, shift, config, config.horizon_days) for window in windows]
    share = choose_share(windows, [one.moved for one in made], [one.medians for one in made], config)
    foretold = [one.at(share) for one in made]
    is_weekly = table.cycle == 1
    stretch = _stretch(windows, foretold) if is_weekly else 1.0
    forecaster = Forecaster(config, recipe, shift, _bands(windows, foretold), share, stretch=stretch)
    # A weekday pattern is what plain levels are for; trees learn from weeks.
    rows = past_rows(table, config, has_enough=lambda known: has_enough(known, config)) if is_weekly else None
    return forecaster if rows is None else _with_trees(forecaster, table, rows)


def plain(known: SeriesTable, recipe: Recipe, shift: float, config: SellerAnalyticsConfig, horizon: int) -> Plain:
    """The periods after the table's last, by what was chosen."""
    weekdays = known.weekdays_after(horizon)
    made = expect(known, recipe, steps=max(horizon, STEPS))
    stock = made.over(weekdays)
    scale = seller_scale(known.values, made.level, days=config.recent_days)
    return Plain(shifted(stock, scale, shift), mean_of_medians(known, config.median_weeks, weekdays), stock, scale)


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
    low, high = (_of_sellers(windows, [pair[side] for pair in quantiles]) for side in (0, 1))
    usual = [forecaster.plain(window.known, config.horizon_days) for window in windows]
    if wape(actual, low) >= wape(actual, _of_sellers(windows, [made.point for made in usual])):
        return forecaster
    apart = float((high - low).sum())
    wanted = (1 - _SHORT) * float(actual.sum()) - float(low.sum())
    lean = float(np.clip(wanted / apart, _LEAST_LEAN, _MOST_LEAN)) if apart > 0 else 0.0

    def made(place: int, share: float) -> Foretold:
        return _leaning(windows[place].known, *quantiles[place], lean, config, beside=usual[place].stock, share=share)

    share = choose_plain_share(windows, lambda place, share: made(place, share).stock, config)
    foretold = [made(place, share) for place in range(len(windows))]
    return replace(
        forecaster,
        bands=_bands(windows, foretold),
        trees=trees,
        lean=lean,
        plain_share=share,
        stretch=_stretch(windows, foretold),
    )


def _of_sellers(windows: list[Window], made: list[Floats]) -> Floats:
    return np.concatenate([one[window.sellers] for one, window in zip(made, windows, strict=True)])


def _leaning(
    known: SeriesTable,
    low: Floats,
    high: Floats,
    lean: float,
    config: SellerAnalyticsConfig,
    *,
    beside: Floats | None = None,
    share: float = 0.0,
) -> Foretold:
    stock = low + lean * (high - low)
    if beside is not None:
        stock = (1 - share) * stock + share * beside
    return Foretold(low, stock, seller_scale(known.values, stock.mean(axis=1), days=config.recent_days))


def _stretch(windows: list[Window], made: list[Foretold]) -> float:
    if not windows:
        return 1.0
    actual = np.concatenate([window.actual for window in windows])
    stock = _of_sellers(windows, [foretold.stock for foretold in made])
    spread = [
        deviation(window.known, foretold.stock.mean(axis=1))[window.sellers]
        for window, foretold in zip(windows, made, strict=True)
    ]
    return fit_stretch(actual, stock, np.concatenate(spread))


def _bands(windows: list[Window], made: list[Foretold]) -> Bands:
    if not windows:
        return UNTRIED_BANDS
    errors = [
        ((window.actual - foretold.stock[window.sellers]) / foretold.scale[window.sellers][:, None]).ravel()
        for window, foretold in zip(windows, made, strict=True)
    ]
    return fit_bands(np.concatenate(errors))
