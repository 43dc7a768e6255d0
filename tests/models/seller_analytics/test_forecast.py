"""The expectation worked by hand, its baselines, and the bands."""

import numpy as np
import pandas as pd
import pytest

from models.seller_analytics.dataset import series_of_sellers
from models.seller_analytics.forecast import Recipe, expect, flat_mean, seasonal_naive, weekday_mean
from models.seller_analytics.intervals import fit_bands, seller_scale
from tests.models.seller_analytics.days import FIRST_DAY, make_day, make_training_set

STEADY = Recipe(level_half_life=14, pooled_weeks=0, weekday_half_life=84)


def test_weekly_pattern_is_continued_exactly() -> None:
    # 100 on every day but 400 on Saturdays.
    revenue = [400.0 if (FIRST_DAY + pd.Timedelta(days=day)).weekday() == 5 else 100.0 for day in range(42)]
    table = series_of_sellers(make_training_set([make_day("a", day, value) for day, value in enumerate(revenue)]))
    foretold = expect(table, STEADY).over(np.array([4, 5, 6]))
    assert foretold[0] == pytest.approx([100.0, 400.0, 100.0])


def test_level_forgets_by_its_half_life() -> None:
    # One flat weekday pattern: 14 days of 0 and 14 days of 300; weights 0.5^(age/14), ages 0..13 and 14..27.
    rows = [make_day("a", day, 0.0 if day < 14 else 300.0) for day in range(28)]
    table = series_of_sellers(make_training_set(rows))
    recipe = Recipe(level_half_life=14, pooled_weeks=1e9, weekday_half_life=1e9)
    # The newer half weighs twice the older half.
    assert expect(table, recipe).level == pytest.approx([200.0])


def test_small_seller_takes_the_pattern_of_all() -> None:
    rows = [make_day("big", day, 700.0 if (FIRST_DAY + pd.Timedelta(days=day)).weekday() == 5 else 50.0) for day in range(56)]
    rows += [make_day("small", 54, 10.0), make_day("small", 55, 10.0)]
    table = series_of_sellers(make_training_set(rows))
    pattern = expect(table, Recipe(14, 8, 84)).pattern
    assert pattern[1, 5] > 2 * pattern[1, 0]


def test_baselines_by_hand() -> None:
    rows = [make_day("a", day, float(day)) for day in range(28)]
    table = series_of_sellers(make_training_set(rows))
    assert seasonal_naive(table, 8)[0].tolist() == [21, 22, 23, 24, 25, 26, 27, 21]
    assert weekday_mean(table, 2)[0].tolist() == [(0 + 7 + 14 + 21) / 4, (1 + 8 + 15 + 22) / 4]
    assert flat_mean(table, 2)[0].tolist() == [13.5, 13.5]


def test_days_before_the_first_are_unknown_and_gaps_are_zero() -> None:
    table = series_of_sellers(make_training_set([make_day("a", 0, 5.0), make_day("a", 3, 7.0), make_day("b", 2, 1.0)]))
    assert table.values[0].tolist() == [5.0, 0.0, 0.0, 7.0]
    assert np.isnan(table.values[1]).tolist() == [True, True, False, False]


def test_days_after_the_last_sale_of_all_are_left_out() -> None:
    table = series_of_sellers(make_training_set([make_day("a", 0, 5.0), make_day("a", 1, 0.0), make_day("a", 9, 0.0)]))
    assert len(table.days) == 1


def test_bands_hold_the_promised_share() -> None:
    errors = np.random.default_rng(0).standard_exponential(4000) - 1
    bands = fit_bands(errors[:2000])
    later = errors[2000:]
    for level, share in enumerate((0.80, 0.95)):
        low, high = bands.low[level], bands.high[level]
        assert ((later >= low) & (later <= high)).mean() == pytest.approx(share, abs=0.025)


def test_bounds_are_never_below_zero() -> None:
    bands = fit_bands(np.linspace(-3, 3, 61))
    low, high = bands.around(np.array([[1.0]]), np.array([10.0]), 1)
    assert low.tolist() == [[0.0]]
    assert high[0, 0] > 1.0


def test_scale_is_the_mean_distance_from_the_level() -> None:
    assert seller_scale(np.array([[np.nan, 0.0, 20.0]]), np.array([10.0]), days=3).tolist() == [10.0]
