"""How well weekly units of products are foretold: the forecast that errs least and the one to stock by, beside two plain ones."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from models.evaluation import Metric
from models.metrics.bootstrap import bootstrap_statistic
from models.metrics.forecasting import bias, interval_coverage, wape
from models.seller_analytics.config import SellerAnalyticsConfig
from models.seller_analytics.dataset import TrainingSet, series_of_products
from models.seller_analytics.demand import is_met
from models.seller_analytics.forecast import Floats
from models.seller_analytics.forecaster import fit_forecaster
from models.seller_analytics.windows import past_windows

_WEEKS = 8


def evaluate_products(training_set: TrainingSet, config: SellerAnalyticsConfig) -> dict[str, dict[str, Metric]]:
    """WAPE and bias over the newest windows of four weeks; empty for too few weeks.

    Beside the stock forecast stand the share of weeks within its band, and `stock_met_at_95`: the share of cases (a product in a
    window) in which stock bought for the window at a service level of 95 % met what was asked for.
    """
    table = series_of_products(training_set)
    if table is None:
        return {}
    weekly = SellerAnalyticsConfig.weekly(seed=config.seed)
    windows = past_windows(table, weekly, origins=weekly.max_origins)
    if not windows:
        return {}
    said: dict[str, list[Floats]] = {"point": [], "stock": [], "median_8_weeks": [], "mean_8_weeks": []}
    within, met = [], []
    for window in windows:
        forecaster = fit_forecaster(window.known, weekly)
        made = forecaster.ahead(window.known, weekly.horizon_days)
        last = window.known.values[window.sellers, -_WEEKS:]
        said["point"].append(made.point[window.sellers])
        said["stock"].append(made.stock[window.sellers])
        for name, middle in (("median_8_weeks", np.nanmedian(last, axis=1)), ("mean_8_weeks", np.nanmean(last, axis=1))):
            said[name].append(np.repeat(middle[:, None], weekly.horizon_days, axis=1))
        bounds = forecaster.bands.around(said["stock"][-1], made.scale[window.sellers], 0)
        within.append((window.actual.ravel(), *(bound.ravel() for bound in bounds)))
        met.append(is_met(window.actual, said["stock"][-1], forecaster.spread(window.known, made.stock)[window.sellers]))
    actual = np.concatenate([window.actual for window in windows])
    products = np.concatenate([window.sellers for window in windows])
    figures = {f"products_{name}": _figures(actual, np.concatenate(parts), products, config.seed) for name, parts in said.items()}
    covered = interval_coverage(*(np.concatenate(column) for column in zip(*within, strict=True)))
    figures["products_stock"]["interval_80_coverage"] = Metric(covered)
    figures["products_stock"]["stock_met_at_95"] = _share(np.concatenate(met), products, config.seed)
    return figures


def _figures(actual: Floats, forecast: Floats, products: NDArray[np.intp], seed: int) -> dict[str, Metric]:
    """WAPE and bias with intervals; whole products are drawn."""

    def of(measure: Callable[[Floats, Floats], float]) -> Metric:
        return bootstrap_statistic(lambda rows: measure(actual[rows], forecast[rows]), len(actual), groups=products, seed=seed)

    return {"wape": of(wape), "bias": of(bias)}


def _share(is_so: NDArray[np.bool_], products: NDArray[np.intp], seed: int) -> Metric:
    return bootstrap_statistic(lambda rows: float(is_so[rows].mean()), len(is_so), groups=products, seed=seed)
