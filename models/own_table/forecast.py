"""`marketplace evaluate forecast`: what series of sales bring next, ours beside plain baselines."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from marketplace.errors import EmptyTrainingSetError, InvalidInputError
from models.evaluation import Metric
from models.metrics.bootstrap import bootstrap_statistic, interval_of, resampled_means
from models.metrics.forecasting import naive_scales
from models.own_table.forecast_methods import Method, baselines
from models.own_table.measuring import Cost, measured
from models.own_table.report import MeasuredMethod, Report, described, gained
from models.own_table.series import Frequency, series_table
from models.seller_analytics.config import SellerAnalyticsConfig
from models.seller_analytics.demand import is_met
from models.seller_analytics.forecast import Floats
from models.seller_analytics.forecaster import fit_forecaster
from models.seller_analytics.intervals import UNTRIED_BANDS, fit_bands, seller_scale
from models.seller_analytics.windows import Window, past_windows
from models.tables import Column, Kind, read_table

SERVED = "two_forecasts"
PRIMARY_METRIC = "wape"
# Bands are judged at 80 %, the first of the levels.
_LEVEL = 0
# Below this, whole series drawn with repeats say nothing about the next one; windows of series are drawn then.
_FEWEST_SERIES = 10
# CPU milliseconds per value of history that each slow baseline takes, by length of its season, and what all its fits may.
_SLOW_MS = {"ets": {1: 0.04, 7: 0.35}, "holt_winters": {7: 0.08}}
_MOST_SLOW_MS = 180_000
# Nothing older moves a level or a weekday pattern any more, and the window of a year ago can still be asked: it takes two and a
# half years before the windows.
_MOST_PERIODS = {Frequency.DAY: 3 * 365, Frequency.WEEK: 5 * 52}
_FIGURES = ("wape", "mase", "bias", "interval_80_coverage")


@dataclass(frozen=True)
class SeriesColumns:
    """What the file calls its columns."""

    key: str
    time: str
    value: str


@dataclass
class _Said:
    """One method's forecasts, an entry per window judged by; arrays of series × period."""

    point: list[Floats] = field(default_factory=list)
    stock: list[Floats] = field(default_factory=list)
    low: list[Floats] = field(default_factory=list)
    high: list[Floats] = field(default_factory=list)
    spread: list[Floats] = field(default_factory=list)
    cost: Cost = field(default_factory=Cost)


def config_for(frequency: Frequency, horizon: int, origins: int, seed: int) -> SellerAnalyticsConfig:
    """The platform's settings for days; for weeks the same lengths of time, counted in weeks."""
    if frequency is Frequency.DAY:
        return SellerAnalyticsConfig(seed=seed, horizon_days=horizon, max_origins=origins)
    return SellerAnalyticsConfig.weekly(horizon=horizon, origins=origins, seed=seed)


def evaluate_forecast(
    files: Sequence[Path],
    columns: SeriesColumns,
    *,
    frequency: Frequency,
    horizon: int,
    origins: int,
    most_series: int = 20_000,
    seed: int = 7,
    report: Callable[[str], None] = lambda line: None,
) -> Report:
    """The table of methods over `origins` windows of `horizon` periods, back to back, the last ending with the table.

    Before each window everything is fitted on what was known then. The point forecast errs least, the stock forecast
    is the expectation; a baseline has one forecast for both. Judged are series that would get a forecast at all.

    Raises:
        InvalidInputError, MissingColumnsError: the files cannot be used.
        EmptyTrainingSetError: no series is long enough for the windows.
    """
    for option, value in (("--horizon", horizon), ("--origins", origins)):
        if value < 1:
            raise InvalidInputError(f"{option} is at least 1, {value} came")
    report("reading")
    table = read_table(
        files,
        [
            Column("key", columns.key, Kind.ID),
            Column("time", columns.time, Kind.TIME),
            Column("value", columns.value, Kind.NUMBER),
        ],
    )
    config = config_for(frequency, horizon, origins, seed)
    series, facts = series_table(
        table,
        frequency,
        least_periods=config.min_active_days,
        most_series=most_series,
        most_periods=_MOST_PERIODS[frequency] + (origins + config.calibration_origins) * horizon,
        seed=seed,
    )
    before = past_windows(series, config, origins=origins + config.calibration_origins)
    first = len(series.days) - origins * horizon
    windows = [window for window in before if len(window.known.days) >= first]
    if not windows:
        raise EmptyTrainingSetError(
            f"the table spans {len(series.days)} {frequency}s; {origins} windows of {horizon} and {config.min_history_days} "
            f"{frequency}s of history before the first, with sales in {config.min_active_days} of the {config.recent_days} "
            "newest, are needed by some series: use fewer --origins, a shorter --horizon, or a --key that groups more"
        )
    fitted = sum(int((~np.isnan(window.known.values[window.sellers])).sum()) for window in before)
    report(f"{len(series.keys):,} series, {len(windows)} windows to judge by")

    said = {SERVED: _ours(windows, config)}
    too_long = [name for name, cost in _SLOW_MS.items() if fitted * cost.get(series.cycle, 0.0) > _MOST_SLOW_MS]
    for name, method in baselines(series.cycle).items():
        if name not in too_long:
            said[name] = _baseline(method, before, len(windows), config)
            report(f"{name}: {said[name].cost.cpu_s:.1f} CPU s")
    figures, gains, units = _figures(said, windows, series.cycle, seed)
    if frequency is Frequency.WEEK:
        figures[SERVED]["stock_met_at_95"] = _met(said[SERVED], windows, seed)
    data = {
        **described(table),
        **facts,
        "frequency": f"{frequency}" + (", beginning on Mondays" if frequency is Frequency.WEEK else ""),
        "first_period": f"{series.days[0]:%Y-%m-%d}",
        "last_period": f"{series.days[-1]:%Y-%m-%d}",
        "horizon": horizon,
        "origins": [f"{window.known.days[-1]:%Y-%m-%d}" for window in windows],
        "series_judged": [len(window.sellers) for window in windows],
        **gained(SERVED, PRIMARY_METRIC, gains),
    }
    notes = [
        f"judged are series with {config.min_history_days} {frequency}s since their first sale and sales in "
        f"{config.min_active_days} of the newest {config.recent_days}; the others would get 'not enough data'",
        "stock_ figures are of the forecast to buy stock by, the others of the one that errs least; a baseline has one for both",
        "wape, mase: less is better, so that a served minus others below zero is a gain; bias below zero is too low a forecast",
        f"intervals: {units} drawn with repeats, the same for every method",
    ]
    if len(windows) < origins:
        notes.append(f"only {len(windows)} of {origins} origins have enough history before them")
    for name in too_long:
        notes.append(f"no {name}: its fits to {fitted:,} values would take more than {_MOST_SLOW_MS // 60_000} CPU minutes")
    return Report(
        "forecast",
        data,
        tuple(
            MeasuredMethod(name, figures[name], name == SERVED, spoken.cost.cpu_s, spoken.cost.peak_mb)
            for name, spoken in said.items()
        ),
        tuple(notes),
    )


def _ours(windows: list[Window], config: SellerAnalyticsConfig) -> _Said:
    """The platform's forecaster, fitted anew before each window."""
    said = _Said()
    with measured() as said.cost:
        for window in windows:
            forecaster = fit_forecaster(window.known, config)
            made = forecaster.ahead(window.known, config.horizon_days)
            said.point.append(made.point[window.sellers])
            said.stock.append(made.stock[window.sellers])
            low, high = forecaster.bands.around(said.stock[-1], made.scale[window.sellers], _LEVEL)
            said.low.append(low)
            said.high.append(high)
            said.spread.append(forecaster.spread(window.known, made.stock)[window.sellers])
    return said


def _baseline(method: Method, windows: list[Window], judged_by: int, config: SellerAnalyticsConfig) -> _Said:
    """A method over all windows; its bands come from its own errors on the windows before, as ours do."""
    said = _Said()
    with measured() as said.cost:
        errors: list[Floats] = []
        for place, window in enumerate(windows):
            made = method(window, config.horizon_days)
            scale = seller_scale(window.known.values[window.sellers], made.mean(axis=1), days=config.recent_days)
            if place >= len(windows) - judged_by:
                recent = errors[-config.calibration_origins :]
                bands = fit_bands(np.concatenate(recent)) if recent else UNTRIED_BANDS
                low, high = bands.around(made, scale, _LEVEL)
                said.point.append(made)
                said.low.append(low)
                said.high.append(high)
            errors.append(((window.actual - made) / scale[:, None]).ravel())
    said.stock = said.point
    return said


def _met(ours: _Said, windows: list[Window], seed: int) -> Metric:
    """The share of series and windows in which stock bought for the window at a service level of 95 % met demand."""
    parts = zip(windows, ours.stock, ours.spread, strict=True)
    met = np.concatenate([is_met(window.actual, stock, spread) for window, stock, spread in parts])
    series = np.concatenate([window.sellers for window in windows])
    return bootstrap_statistic(lambda rows: float(met[rows].mean()), len(met), groups=series, seed=seed)


def _figures(
    said: dict[str, _Said], windows: list[Window], cycle: int, seed: int
) -> tuple[dict[str, dict[str, Metric]], dict[str, Metric], str]:
    """Figures per method, WAPE of ours minus that of each other, and what was drawn for the intervals."""
    series = np.concatenate([window.sellers for window in windows])
    actual = np.concatenate([window.actual for window in windows])
    scales = np.concatenate([naive_scales(window.known.values[window.sellers], season=cycle) for window in windows])
    different = len(np.unique(series))
    is_many = different >= _FEWEST_SERIES
    _, unit = np.unique(series, return_inverse=True) if is_many else (None, np.arange(len(series)))
    sums = [np.abs(actual).sum(axis=1), (~np.isnan(scales)).astype(np.float64), np.full(len(actual), float(actual.shape[1]))]
    keys: list[tuple[str, str]] = []
    for name, spoken in said.items():
        is_within = (actual >= np.concatenate(spoken.low)) & (actual <= np.concatenate(spoken.high))
        for prefix, parts in (("", spoken.point), ("stock_", spoken.stock)):
            error = np.concatenate(parts) - actual
            far = np.abs(error)
            sums += [
                far.sum(axis=1),
                np.nan_to_num(far.mean(axis=1) / scales),
                error.sum(axis=1),
                is_within.sum(axis=1).astype(float),
            ]
            keys += [(name, prefix + figure) for figure in _FIGURES]
    table = np.column_stack([np.bincount(unit, weights=column) for column in sums])
    under = [{"wape": 0, "bias": 0, "mase": 1, "interval_80_coverage": 2}[figure.removeprefix("stock_")] for _, figure in keys]

    def ratios(means: NDArray[np.float64]) -> NDArray[np.float64]:
        below = means[:, under]
        return np.asarray(np.divide(means[:, 3:], below, out=np.full(below.shape, np.nan), where=below > 0))

    values = ratios(table.mean(axis=0)[None, :])[0]
    draws = ratios(resampled_means(table, seed=seed)) if len(table) > 1 else np.empty((0, len(keys)))
    figures: dict[str, dict[str, Metric]] = {name: {} for name in said}
    for column, (name, figure) in enumerate(keys):
        figures[name][figure] = interval_of(float(values[column]), draws[:, column])
    at = {key: column for column, key in enumerate(keys)}
    ours = at[SERVED, PRIMARY_METRIC]
    gains = {
        name: interval_of(float(values[ours] - values[other]), draws[:, ours] - draws[:, other])
        for name in said
        if name != SERVED
        for other in [at[name, PRIMARY_METRIC]]
    }
    return figures, gains, f"{different} series" if is_many else f"{len(series)} windows of series"
