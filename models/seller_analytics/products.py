"""Weekly units of each product: from its own weeks, from its category's where these are too few, or an honest blank."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from marketplace.restock import demand_quantile
from models.metrics.forecasting import bias, wape
from models.seller_analytics.config import SellerAnalyticsConfig
from models.seller_analytics.dataset import SeriesTable, TrainingSet, series_of_products
from models.seller_analytics.forecast import Floats
from models.seller_analytics.forecaster import Forecaster, fit_forecaster
from models.seller_analytics.windows import has_enough, past_windows

COLUMNS = (
    "product_id", "seller_id", "status", "starts_on", "weekly_units", "weekly_units_point", "weekly_deviation",
    "low_80", "high_80", "low_95", "high_95", "method", "last_period_wape", "last_period_bias",
)  # fmt: skip
WEEKS_AHEAD = 4
# A category speaks for its products once so many of them have sold so much in the last weeks ...
_POOLED_WEEKS, _FEWEST_PRODUCTS, _FEWEST_UNITS = 13, 5, 20
# ... and counts for so many weeks of a product's own.
_CATEGORY_WEEKS = 4.0


@dataclass(frozen=True)
class _Rates:
    """Per product what a week brings and by how much it may differ; NaN where there is nothing to go by."""

    mean: Floats
    deviation: Floats


def product_frame(forecaster: Forecaster | None, training_set: TrainingSet, listed: pd.DataFrame) -> pd.DataFrame:
    """Rows for `predictions.product_forecasts`, one per product in `listed` (`product_id`, `seller_id`).

    Status is `ok`, `pooled` (by its category), or `not_enough_data` without figures. The error of the last period is that
    of all the seller's products together: what this method would have said four weeks ago.
    """
    table = series_of_products(training_set)
    if table is None:
        return _blank(listed, training_set.until.date())
    known = training_set.product_weeks.drop_duplicates("product_id").set_index("product_id").loc[table.keys.tolist()]
    forecaster = forecaster or fit_forecaster(table, SellerAnalyticsConfig.weekly())
    made = forecaster.ahead(table, WEEKS_AHEAD)
    own = has_enough(table, forecaster.config)
    stock = made.stock.mean(axis=1)
    rates = _pooled(table, known["category_id"].to_numpy(dtype=str))
    status = np.where(own, "ok", np.where(np.isnan(rates.mean), "not_enough_data", "pooled"))
    frame = pd.DataFrame(
        {
            "product_id": table.keys,
            "status": status,
            "weekly_units": np.where(own, stock, rates.mean),
            "weekly_units_point": np.where(own, made.point.mean(axis=1), np.nan),
            "weekly_deviation": np.where(own, forecaster.spread(table, made.stock), rates.deviation),
        }
    )
    for level, name in enumerate(("80", "95")):
        low, high = (bound[:, 0] for bound in forecaster.bands.around(stock[:, None], made.scale, level))
        frame[f"low_{name}"], frame[f"high_{name}"] = low, high
    frame = _with_pooled_bands(frame)
    frame["method"] = np.select(
        [own, status == "pooled"],
        ["trees over all products" if forecaster.trees else "smoothed level", "own weeks drawn towards the category's"],
        default="",
    )
    starts_on = (table.days[-1] + pd.Timedelta(days=7)).date()
    rows = listed.merge(frame, on="product_id", how="left").assign(starts_on=starts_on)
    errors = _last_period(table, forecaster.config, known["seller_id"].to_numpy(dtype=str))
    rows = rows.merge(errors, on="seller_id", how="left")
    return rows.assign(status=rows["status"].fillna("not_enough_data"))[list(COLUMNS)]


def _pooled(table: SeriesTable, categories: NDArray[np.str_]) -> _Rates:
    """A product's mean of the last weeks drawn towards its category's: the mean of a gamma prior worth a few weeks."""
    last = table.values[:, -_POOLED_WEEKS:]
    seen, sold = (~np.isnan(last)).sum(axis=1), np.nan_to_num(last).sum(axis=1)
    _, group = np.unique(categories, return_inverse=True)
    weeks, units = np.bincount(group, seen), np.bincount(group, sold)
    squares = np.bincount(group, (np.nan_to_num(last) ** 2).sum(axis=1))
    mean = units / np.maximum(weeks, 1)
    dispersion = np.maximum((squares / np.maximum(weeks, 1) - mean**2) / np.maximum(mean, 1e-9), 1.0)
    enough = (np.bincount(group, sold > 0) >= _FEWEST_PRODUCTS) & (units >= _FEWEST_UNITS)
    rate = (sold + _CATEGORY_WEEKS * mean[group]) / (seen + _CATEGORY_WEEKS)
    rate = np.where(enough[group] & (sold > 0), rate, np.nan)
    return _Rates(rate, np.sqrt(rate * dispersion[group]))


def _with_pooled_bands(frame: pd.DataFrame) -> pd.DataFrame:
    """Bands of pooled products are those of the demand that restocking counts with; without figures there are none."""
    bands = ["low_80", "high_80", "low_95", "high_95"]
    frame.loc[frame["status"] == "not_enough_data", bands] = np.nan
    is_pooled = frame["status"] == "pooled"
    demand = list(frame.loc[is_pooled, ["weekly_units", "weekly_deviation"]].itertuples(index=False, name=None))
    for band, share in zip(bands, (0.10, 0.90, 0.025, 0.975), strict=True):
        frame.loc[is_pooled, band] = [float(demand_quantile(mean, spread, share)) for mean, spread in demand]
    return frame


def _last_period(table: SeriesTable, config: SellerAnalyticsConfig, sellers: NDArray[np.str_]) -> pd.DataFrame:
    """WAPE and bias per seller of the forecasts to stock by, had they been made before the last window.

    The forecaster is fitted once more, on what was known then: the given one has seen the window.
    """
    windows = past_windows(table, config, origins=1)
    if not windows:
        return pd.DataFrame({"seller_id": [], "last_period_wape": [], "last_period_bias": []}).astype({"seller_id": str})
    window = windows[0]
    said = fit_forecaster(window.known, config).ahead(window.known, config.horizon_days).stock[window.sellers]
    owner = sellers[window.sellers]
    rows = [
        (
            seller,
            wape(window.actual[owner == seller], said[owner == seller]),
            bias(window.actual[owner == seller], said[owner == seller]),
        )
        for seller in np.unique(owner).tolist()
    ]
    return pd.DataFrame(rows, columns=["seller_id", "last_period_wape", "last_period_bias"])


def _blank(listed: pd.DataFrame, starts_on: date) -> pd.DataFrame:
    return listed.assign(status="not_enough_data", starts_on=starts_on).reindex(columns=list(COLUMNS))
