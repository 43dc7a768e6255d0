"""Forecasts to be beaten: each says, for the series of a window, what the next periods bring from what was known."""

from collections.abc import Callable
from typing import Any

import numpy as np

from models.seller_analytics.forecast import Floats, weekday_mean
from models.seller_analytics.windows import Window

Method = Callable[[Window, int], Floats]
WEEKS_OF_A_YEAR = 52
# Sizes of demand and chances of a sale follow the newest values a fifth of the way (Teunter, Syntetos & Babai 2011).
_TSB_ALPHA = 0.2


def baselines(cycle: int) -> dict[str, Method]:
    """The methods for days (`cycle` 7) or weeks (`cycle` 1); windows of days are whole weeks."""
    # Loaded here, so that the first of its models does not pay for it.
    from statsforecast.models import TSB, AutoETS, CrostonClassic, HoltWinters

    unit = cycle
    named = {1: ("ma4", "ma8", "median8"), 7: ("ma28", "ma56", "median56")}[cycle]
    methods: dict[str, Method] = {
        "naive": lambda window, horizon: _flat(_last(window, 1)[:, -1], horizon),
        "seasonal_naive": lambda window, horizon: seasonal_naive(window, horizon, season=7 if cycle == 7 else WEEKS_OF_A_YEAR),
        named[0]: lambda window, horizon: _flat(np.nanmean(_last(window, 4 * unit), axis=1), horizon),
        named[1]: lambda window, horizon: _flat(np.nanmean(_last(window, 8 * unit), axis=1), horizon),
        named[2]: lambda window, horizon: _flat(np.nanmedian(_last(window, 8 * unit), axis=1), horizon),
        "croston": lambda window, horizon: _each(window, horizon, CrostonClassic()),
        "tsb": lambda window, horizon: _each(window, horizon, TSB(_TSB_ALPHA, _TSB_ALPHA)),
        "ets": lambda window, horizon: _each(window, horizon, AutoETS(season_length=cycle)),
    }
    if cycle == 7:
        methods["holt_winters"] = lambda window, horizon: _each(window, horizon, HoltWinters(season_length=7))
        methods["weekday_mean_4w"] = lambda window, horizon: weekday_mean(window.known, horizon)[window.sellers]
    return methods


def seasonal_naive(window: Window, horizon: int, *, season: int) -> Floats:
    """The value of a season ago; the last value where a series is younger than that."""
    history = _last(window, season)
    ahead = np.arange(horizon) % season
    last = _flat(history[:, -1], horizon)
    if history.shape[1] < season:
        return last
    found = history[:, ahead]
    return np.where(np.isnan(found), last, found)


def _last(window: Window, count: int) -> Floats:
    return window.known.values[window.sellers, -count:]


def _flat(level: Floats, horizon: int) -> Floats:
    return np.repeat(level[:, None], horizon, axis=1)


def _each(window: Window, horizon: int, model: Any) -> Floats:
    """One of statsforecast's models, series by series; not below zero, and the mean where it finds no fit."""
    made = np.empty((len(window.sellers), horizon))
    for row, history in enumerate(window.known.values[window.sellers]):
        known = history[~np.isnan(history)]
        try:
            said = np.asarray(model.forecast(y=known, h=horizon)["mean"], dtype=np.float64)
        except (ValueError, ZeroDivisionError, RuntimeError):
            said = np.full(horizon, np.nan)
        made[row] = np.where(np.isfinite(said), np.maximum(said, 0.0), known.mean())
    return made
