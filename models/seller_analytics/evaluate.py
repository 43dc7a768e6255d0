"""Judgement over rolling origins: our forecast beside repeating the last week, and two plain means."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.evaluation import Evaluation, MethodResult, Metric
from models.metrics.bootstrap import bootstrap_interval, bootstrap_statistic
from models.metrics.forecasting import bias, interval_coverage, mase, wape
from models.seller_analytics.config import SellerAnalyticsConfig
from models.seller_analytics.dataset import TrainingSet, series_of_sellers
from models.seller_analytics.evaluate_products import evaluate_products
from models.seller_analytics.forecast import WEEK, Floats, flat_mean, seasonal_naive, weekday_mean
from models.seller_analytics.intervals import LEVELS
from models.seller_analytics.model import SellerAnalyticsModel
from models.seller_analytics.train import fit
from models.seller_analytics.windows import Window, past_windows

PRIMARY_METRIC = "wape"
SERVED = "smoothed_level_by_weekday"
BASELINE = "seasonal_naive_7"
# Below this, whole sellers drawn with repeats say nothing about the next one.
_FEWEST_SELLERS = 10


@dataclass(frozen=True)
class _Judged:
    """One method's forecasts over all windows, rows of seller × window."""

    forecast: Floats
    mase: Floats


def evaluate(training_set: TrainingSet, config: SellerAnalyticsConfig) -> Evaluation:
    """The table of methods over the newest windows of `horizon_days`; before each, everything is fitted anew.

    Only sellers count who had enough history for a forecast before the window. Lower is better for WAPE and MASE; the
    difference is the baseline's WAPE minus ours, so positive is better for us, with whole sellers drawn.

    Raises:
        EmptyTrainingSetError: nobody sold anything.
    """
    table = series_of_sellers(training_set)
    spare = len(table.days) - config.min_history_days - config.calibration_origins * config.horizon_days
    origins = min(max(spare // config.horizon_days, 1), config.max_origins)
    windows = past_windows(table, config, origins=origins)
    if not windows:
        note = (
            f"no seller had {config.min_history_days} days of history and {config.min_active_days} days with sales among the "
            f"last {config.recent_days} before a window to judge by: everyone gets 'not enough data'"
        )
        return Evaluation("seller_analytics", PRIMARY_METRIC, (), row_count=len(training_set.seller_days), notes=(note,))
    models = [fit(window.known, config) for window in windows]
    actual = np.concatenate([window.actual for window in windows])
    sellers = np.concatenate([window.sellers for window in windows])
    forecasts = {
        SERVED: [model.expectation.over(window.weekdays)[window.sellers] for model, window in zip(models, windows, strict=True)],
        BASELINE: [seasonal_naive(window.known, config.horizon_days)[window.sellers] for window in windows],
        "weekday_mean_4w": [weekday_mean(window.known, config.horizon_days)[window.sellers] for window in windows],
        "mean_28d": [flat_mean(window.known, config.horizon_days)[window.sellers] for window in windows],
    }
    judged = {name: _Judged(np.concatenate(parts), _mase_of(parts, windows)) for name, parts in forecasts.items()}
    coverage = _coverage(models, windows)
    methods = tuple(
        MethodResult(
            name,
            {**_figures(actual, method, sellers, config), **(coverage if name == SERVED else {})},
            is_served=name == SERVED,
        )
        for name, method in judged.items()
    )
    eligible, seller_count = len(windows[-1].sellers), len(np.unique(sellers))
    difference = _gain(actual, judged[SERVED].forecast, judged[BASELINE].forecast, sellers, config.seed)
    is_judgeable = seller_count >= _FEWEST_SELLERS
    return Evaluation(
        task="seller_analytics",
        primary_metric=PRIMARY_METRIC,
        methods=methods,
        baseline=BASELINE,
        difference=difference if is_judgeable else None,
        row_count=len(training_set.seller_days),
        slices={
            "mase": {"difference": bootstrap_interval(judged[BASELINE].mase - judged[SERVED].mase, seed=config.seed)},
            **evaluate_products(training_set, config),
        },
        notes=(
            f"{len(windows)} windows of {config.horizon_days} days, the last ends on {table.days[-1]:%Y-%m-%d}; "
            f"{eligible} of {len(table.keys)} sellers had enough history before the last one",
            f"recipes chosen: {'; '.join(sorted({_recipe_text(model) for model in models}))}",
            "bands: split-conformal over the windows before each origin, pooled over sellers",
            *(() if is_judgeable else (f"only {seller_count} sellers to judge by, fewer than {_FEWEST_SELLERS}: no judgement",)),
        ),
    )


def compare(challenger: SellerAnalyticsModel, champion: SellerAnalyticsModel, training_set: TrainingSet) -> Metric:
    """The champion's WAPE minus the challenger's over the newest window, whole sellers drawn; positive favours the challenger.

    A model that was fitted on days of the window would be judged by what it has seen. Such a one is fitted again, by
    its own configuration, on the days before only: the figure then compares two recipes, and equal recipes tie. One
    that is older than the window is measured as it stands, staleness included.
    """
    config = challenger.config
    windows = past_windows(series_of_sellers(training_set), config, origins=1)
    if not windows:
        return Metric(float("nan"))
    window = windows[0]
    started = window.known.days[-1].date()
    judged = [model if model.last_day <= started else fit(window.known, model.config) for model in (challenger, champion)]
    names = window.known.keys[window.sellers]
    rows = [{seller_id: row for row, seller_id in enumerate(model.seller_ids.tolist())} for model in judged]
    shared = np.array([name in rows[0] and name in rows[1] for name in names.tolist()], dtype=bool)
    ours, theirs = (
        _foretold(model, window)[[known[name] for name in names[shared].tolist()]]
        for model, known in zip(judged, rows, strict=True)
    )
    return _gain(window.actual[shared], ours, theirs, window.sellers[shared], config.seed)


def _foretold(model: SellerAnalyticsModel, window: Window) -> Floats:
    """What a model, as old as it is, says of the window: its next days begin after its own last one, not after the window's."""
    late = (window.known.days[-1].date() - model.last_day).days
    weekdays = (window.weekdays[0] - late + np.arange(late + len(window.weekdays))) % WEEK
    return model.expectation.over(weekdays)[:, late:]


def _gain(actual: Floats, ours: Floats, theirs: Floats, sellers: NDArray[np.intp], seed: int) -> Metric:
    return bootstrap_statistic(
        lambda rows: wape(actual[rows], theirs[rows]) - wape(actual[rows], ours[rows]), len(actual), groups=sellers, seed=seed
    )


def _figures(actual: Floats, method: _Judged, sellers: NDArray[np.intp], config: SellerAnalyticsConfig) -> dict[str, Metric]:
    forecast = method.forecast

    def over_sellers(figure: str) -> Metric:
        measure = {"wape": wape, "bias": bias}[figure]
        return bootstrap_statistic(
            lambda rows: measure(actual[rows], forecast[rows]), len(actual), groups=sellers, seed=config.seed
        )

    return {
        "wape": over_sellers("wape"),
        "mase": bootstrap_interval(method.mase, seed=config.seed),
        "bias": over_sellers("bias"),
    }


def _mase_of(parts: list[Floats], windows: list[Window]) -> Floats:
    found = []
    for forecast, window in zip(parts, windows, strict=True):
        for seller, came, said in zip(window.sellers.tolist(), window.actual, forecast, strict=True):
            history = window.known.values[seller]
            found.append(mase(came, said, history[~np.isnan(history)], season=WEEK))
    return np.array(found)


def _coverage(models: list[SellerAnalyticsModel], windows: list[Window]) -> dict[str, Metric]:
    found: dict[str, Metric] = {}
    for level, share in enumerate(LEVELS):
        parts = []
        for model, window in zip(models, windows, strict=True):
            middle = model.expectation.over(window.weekdays)[window.sellers]
            low, high = model.forecaster.bands.around(middle, model.scale[window.sellers], level)
            parts.append((window.actual.ravel(), low.ravel(), high.ravel()))
        actual, low, high = (np.concatenate(column) for column in zip(*parts, strict=True))
        found[f"interval_{share * 100:.0f}_coverage"] = Metric(interval_coverage(actual, low, high))
    return found


def _recipe_text(model: SellerAnalyticsModel) -> str:
    recipe = model.forecaster.recipe
    said = [f"level half-life {recipe.level_half_life:g} d", f"pooled weeks {recipe.pooled_weeks:g}"]
    if recipe.trend_half_life is not None:
        said.append(f"trend half-life {recipe.trend_half_life:g} d, damping {recipe.trend_damping:g}")
    if recipe.pooled_years is not None:
        said.append(f"course of earlier years, pooled years {recipe.pooled_years:g}")
    return ", ".join(said)
