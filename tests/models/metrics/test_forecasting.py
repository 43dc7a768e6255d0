"""Forecast figures worked by hand."""

import math

import numpy as np
import pytest

from models.metrics.forecasting import bias, interval_coverage, mase, naive_scales, wape

ACTUAL = np.array([10.0, 0.0, 20.0])
FORECAST = np.array([7.0, 3.0, 18.0])


def test_wape_by_hand() -> None:
    assert wape(ACTUAL, FORECAST) == pytest.approx((3 + 3 + 2) / 30)


def test_bias_is_negative_for_a_low_forecast() -> None:
    assert bias(ACTUAL, FORECAST) == pytest.approx((-3 + 3 - 2) / 30)


def test_days_without_sales_have_no_wape() -> None:
    assert math.isnan(wape(np.zeros(2), np.ones(2)))
    assert math.isnan(bias(np.zeros(2), np.ones(2)))


def test_mase_by_hand() -> None:
    # Season 2: |3-1|, |6-2|, |5-3| have the mean 8/3; the errors have the mean 8/3 as well.
    history = np.array([1.0, 2.0, 3.0, 6.0, 5.0])
    assert mase(ACTUAL, FORECAST, history, season=2) == pytest.approx(1.0)


def test_mase_needs_a_history_that_moves() -> None:
    assert math.isnan(mase(ACTUAL, FORECAST, np.ones(2), season=2))
    assert math.isnan(mase(ACTUAL, FORECAST, np.ones(9), season=2))


def test_coverage_counts_the_bounds() -> None:
    assert interval_coverage(ACTUAL, np.array([10.0, 1.0, 0.0]), np.array([12.0, 2.0, 20.0])) == pytest.approx(2 / 3)


def test_naive_scales_agree_with_mase_row_by_row() -> None:
    histories = np.array([[1.0, 3.0, 2.0, 6.0], [math.nan, math.nan, 5.0, 5.0], [math.nan, 2.0, 4.0, 3.0]])
    scales = naive_scales(histories, season=1)
    assert scales[[0, 2]].tolist() == pytest.approx([(2 + 1 + 4) / 3, (2 + 1) / 2])
    assert math.isnan(scales[1])
    assert 3.0 / scales[0] == pytest.approx(mase(np.array([6.0]), np.array([3.0]), histories[0], season=1))
