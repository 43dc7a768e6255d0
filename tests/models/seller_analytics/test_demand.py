"""The spread of demand, and how far it is stretched until stock keeps the service level."""

import numpy as np
import pandas as pd
import pytest

from marketplace.restock import demand_quantile
from models.seller_analytics.dataset import SeriesTable
from models.seller_analytics.demand import deviation, fit_stretch, is_met


def test_deviation_is_the_root_mean_square_distance_and_at_least_that_of_a_count() -> None:
    weeks = pd.date_range("2026-01-05", periods=3, freq="7D")
    table = SeriesTable(np.array(["a", "b"]), weeks, np.array([[np.nan, 1.0, 9.0], [4.0, 4.0, 4.0]]), cycle=1)
    assert deviation(table, np.array([5.0, 4.0])).tolist() == [4.0, 2.0]


def test_stock_meets_demand_where_it_reaches_the_quantile_of_the_whole_window() -> None:
    bought = demand_quantile(4 * 2.0, 2 * 2.0, 0.95)
    came = np.array([[bought, 0, 0, 0], [bought, 1, 0, 0]], dtype=float)
    assert is_met(came, np.full((2, 4), 2.0), np.full(2, 2.0)).tolist() == [True, False]


def test_spread_is_stretched_until_the_promise_was_kept() -> None:
    # Weeks that err together: four times the same draw, so that the sum differs twice as much as counted with.
    rng = np.random.default_rng(1)
    weeks = np.repeat(rng.negative_binomial(2, 2 / 12, 1_000)[:, None], 4, axis=1).astype(float)
    stock, spread = np.full_like(weeks, 10.0), np.full(1_000, np.sqrt(60))
    stretch = fit_stretch(weeks, stock, spread)
    assert stretch == pytest.approx(2.0, abs=0.3)
    assert (weeks.sum(axis=1) <= demand_quantile(40, stretch * np.sqrt(60) * 2, 0.95)).mean() >= 0.95
