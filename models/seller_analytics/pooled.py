"""Quantiles of the next weeks by trees that learn from all series together, most of which are too short to learn from alone.

Each series is told in units of its own recent size, so that a slow product teaches what a quick one may do
(Montero-Manso & Hyndman 2021), and each error counts by that size, as it does in the sum.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.seller_analytics.config import SellerAnalyticsConfig
from models.seller_analytics.dataset import SeriesTable
from models.seller_analytics.forecast import Floats

if TYPE_CHECKING:
    import lightgbm

_LAGS = 8
_MEANS, _MEDIANS, _QUARTILES, _SHARES = (2, 4, 8, 13, 26), (4, 8, 13, 26), (8, 26), (4, 8, 26)
_HALF_LIVES = (1.5, 3.0, 6.0, 12.0)
# Sizes below a sale in four weeks are all alike small.
_SMALLEST = 0.25


@dataclass(frozen=True)
class PooledTrees:
    """A booster for each of the two quantiles, in LightGBM's own text."""

    lower: str
    upper: str

    def over(self, known: SeriesTable, horizon: int) -> tuple[Floats, Floats]:
        """Series × periods of both quantiles, never below zero, the upper never below the lower."""
        features, size = features_of(known.values)
        lower = _said(self.lower, features, size, horizon)
        return lower, np.maximum(_said(self.upper, features, size, horizon), lower)


@dataclass(frozen=True)
class PastRows:
    """What a table teaches, a row per series, origin and step; `ends` is the first period that is not needed to know it."""

    features: NDArray[np.float32]
    target: Floats
    size: Floats
    ends: NDArray[np.intp]


def past_rows(
    table: SeriesTable, config: SellerAnalyticsConfig, has_enough: Callable[[SeriesTable], NDArray[np.bool_]]
) -> PastRows | None:
    """Rows of all origins, drawn down to `tree_rows`; None where they are too few to learn from."""
    horizon, rng = config.horizon_days, np.random.default_rng(config.seed)
    origins = range(config.min_history_days, table.values.shape[1] - horizon + 1)
    eligible = {origin: np.flatnonzero(has_enough(table.first(origin))) for origin in origins}
    total = sum(len(rows) for rows in eligible.values()) * horizon
    if total < config.fewest_tree_rows:
        return None
    parts = []
    for origin, rows in eligible.items():
        drawn = rng.random((len(rows), horizon)) < config.tree_rows / total
        row, step = np.nonzero(drawn)
        told, which = np.unique(row, return_inverse=True)
        features, size = features_of(table.values[rows[told], :origin])
        target = table.values[rows[row], origin + step]
        parts.append((_with_step(features[which], step), target, size[which], np.full(len(row), origin + horizon)))
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    return PastRows(*columns)


def fit_trees(rows: PastRows, config: SellerAnalyticsConfig, *, until: int) -> PooledTrees | None:
    """Trees of the rows that were known when `until` periods were; None where they are too few."""
    import lightgbm

    known = rows.ends <= until
    if known.sum() < min(config.fewest_tree_rows, config.tree_rows) // 2:
        return None
    size = rows.size[known]
    data = lightgbm.Dataset(rows.features[known], rows.target[known] / size, weight=size, free_raw_data=False)
    return PooledTrees(*(_booster(data, config, alpha).model_to_string() for alpha in config.tree_quantiles))


def _said(text: str, features: NDArray[np.float32], size: Floats, horizon: int) -> Floats:
    import lightgbm

    booster = lightgbm.Booster(model_str=text)
    steps = [booster.predict(_with_step(features, step), num_threads=1) for step in range(horizon)]
    return np.asarray(np.maximum(np.column_stack(steps) * size[:, None], 0.0))


def _booster(data: lightgbm.Dataset, config: SellerAnalyticsConfig, alpha: float) -> lightgbm.Booster:
    import lightgbm

    settings = {
        "objective": "quantile",
        "alpha": alpha,
        "learning_rate": config.learning_rate,
        "num_leaves": config.num_leaves,
        "min_data_in_leaf": config.min_data_in_leaf,
        "feature_fraction": config.feature_fraction,
        "bagging_fraction": config.bagging_fraction,
        "bagging_freq": 1,
        "seed": config.seed,
        "deterministic": True,
        "num_threads": 1,
        "verbose": -1,
    }
    return lightgbm.train(settings, data, config.num_boost_round)


def features_of(values: Floats) -> tuple[NDArray[np.float32], Floats]:
    """Series × features as of the last period, in units of each series' recent size, and that size."""
    with warnings.catch_warnings():
        # A series that began inside a window has no figure of it: NaN, which trees take as such.
        warnings.simplefilter("ignore", RuntimeWarning)
        recent = np.nanmean(_last(values, 8), axis=1)
        size = np.maximum(np.nan_to_num(0.5 * recent + 0.5 * np.nanmean(_last(values, 12), axis=1)), _SMALLEST)
        last = _last(values, _LAGS)
        scaled = [
            *last.T,
            *(np.nanmean(_last(values, weeks), axis=1) for weeks in _MEANS),
            *(np.nanmedian(_last(values, weeks), axis=1) for weeks in _MEDIANS),
            *(np.nanquantile(_last(values, weeks), share, axis=1) for weeks in _QUARTILES for share in (0.25, 0.75)),
            np.nanstd(last, axis=1),
            np.nanmax(last, axis=1),
            *(_smoothed(values, half_life) for half_life in _HALF_LIVES),
        ]
        plain = [
            *(_share_sold(_last(values, weeks)) for weeks in _SHARES),
            _since_last_sale(values),
            (~np.isnan(values)).sum(axis=1),
            np.log(size),
        ]
    return np.column_stack([*(column / size for column in scaled), *plain]).astype(np.float32), size


def _last(values: Floats, count: int) -> Floats:
    """The last `count` periods, NaN where the table does not reach back so far."""
    held = values[:, -count:]
    return np.pad(held, ((0, 0), (count - held.shape[1], 0)), constant_values=np.nan)


def _smoothed(values: Floats, half_life: float) -> Floats:
    weight = 0.5 ** (np.arange(values.shape[1] - 1, -1, -1) / half_life)
    seen = (~np.isnan(values) * weight).sum(axis=1)
    return np.asarray((np.nan_to_num(values) * weight).sum(axis=1) / np.maximum(seen, 1e-9))


def _share_sold(values: Floats) -> Floats:
    seen = (~np.isnan(values)).sum(axis=1)
    return np.asarray((np.nan_to_num(values) > 0).sum(axis=1) / np.maximum(seen, 1))


def _since_last_sale(values: Floats) -> Floats:
    sold = np.nan_to_num(values) > 0
    return np.asarray(np.where(sold.any(axis=1), sold[:, ::-1].argmax(axis=1), values.shape[1]), dtype=np.float64)


def _with_step(features: NDArray[np.float32], step: int | NDArray[np.intp]) -> NDArray[np.float32]:
    return np.column_stack([features, np.broadcast_to(np.asarray(step, dtype=np.float32), len(features))])
