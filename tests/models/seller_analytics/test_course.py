"""Levels that move: a line by hand, noise without one, and a year that comes again; and that past windows decide."""

import numpy as np
import pandas as pd
import pytest

from models.seller_analytics.choosing import choose_recipe, choose_share, is_clearly_less
from models.seller_analytics.config import SellerAnalyticsConfig
from models.seller_analytics.course import Floats, reaches_a_year, trend_course, year_course
from models.seller_analytics.dataset import SeriesTable
from models.seller_analytics.forecast import Recipe, expect
from models.seller_analytics.forecaster import fit_forecaster
from models.seller_analytics.windows import past_windows

CONFIG = SellerAnalyticsConfig.weekly()


def weeks(values: Floats) -> SeriesTable:
    """Series of weeks from the first on."""
    days = pd.date_range("2023-01-02", periods=values.shape[1], freq="7D")
    return SeriesTable(np.arange(len(values)).astype(str), days, values.astype(float), cycle=1)


def noisy(level: Floats, *, series: int = 30, seed: int = 3) -> SeriesTable:
    """Counts around a level of each week."""
    return weeks(np.random.default_rng(seed).poisson(np.repeat(level[None, :], series, axis=0)))


def feast(periods: int) -> Floats:
    """Twenty a week, and sixty in the last four weeks of a year."""
    return np.where(np.isin(np.arange(periods) % 52, [48, 49, 50, 51]), 60.0, 20.0)


def test_a_line_goes_on_and_its_slope_fades_by_the_damping() -> None:
    table = weeks(np.arange(10.0, 50.0)[None, :])
    level, flat = np.array([40.0]), np.ones((1, 1))
    straight = trend_course(table, flat, level, half_life=8, damping=1.0, steps=3)
    assert (straight * 40).tolist()[0] == pytest.approx([50, 51, 52])
    damped = trend_course(table, flat, level, half_life=8, damping=0.5, steps=3)
    assert (damped * 40).tolist()[0] == pytest.approx([49.5, 49.75, 49.875])


def test_noise_has_hardly_a_slope_and_silence_none() -> None:
    values = np.vstack([np.resize([8.0, 12.0], 40), np.zeros(40)])
    course = trend_course(weeks(values), np.ones((2, 1)), np.array([10.0, 0.0]), half_life=8, damping=1.0, steps=4)
    assert np.abs(course[0] - 1).max() < 0.05
    assert course[1].tolist() == [1.0] * 4


def test_a_weekday_without_sales_of_late_says_nothing_of_the_slope() -> None:
    values = np.resize([10.0, 10.0, 10.0, 10.0, 10.0, 10.0, 1e6], (1, 70))
    table = SeriesTable(np.array(["a"]), pd.date_range("2023-01-02", periods=70), values)
    pattern = np.array([[1.0] * 6 + [1e-300]])
    course = trend_course(table, pattern, np.array([10.0]), half_life=14, damping=0.97, steps=3)
    assert course[0] == pytest.approx([1.0, 1.0, 1.0])


def test_what_came_a_year_ago_over_what_would_have_been_said_then() -> None:
    table = weeks(np.vstack([feast(52 + 47), 2 * feast(52 + 47)]))
    course = year_course(table, lambda then: np.repeat(then.values[:, -1:], 4, axis=1), pooled_years=1.0, steps=4)
    # A year ago 20, 60, 60, 60 came after 20 had been said.
    assert course[0] == pytest.approx([1.0, 3.0, 3.0, 3.0])
    assert course[1] == pytest.approx(course[0])
    assert reaches_a_year(table)
    assert not reaches_a_year(table.first(77))


def seasons(periods: int) -> Floats:
    """Forty a week, twice as many in spring as the mean and hardly any in autumn."""
    return 40 + 35 * np.sin(2 * np.pi * np.arange(periods) / 52)


@pytest.mark.parametrize(
    ("level", "has_trend", "has_year"),
    [(np.full(100, 20.0), False, False), (10.0 + np.arange(100), True, False), (seasons(52 * 3), False, True)],
    ids=["steady", "growing", "yearly"],
)
def test_past_windows_decide_whether_a_level_moves(level: Floats, has_trend: bool, has_year: bool) -> None:
    recipe = choose_recipe(past_windows(noisy(level), CONFIG, origins=3), CONFIG)
    assert (recipe.trend_half_life is not None, recipe.pooled_years is not None) == (has_trend, has_year)


def test_a_feast_ahead_is_seen_coming_where_it_came_two_years_in_a_row() -> None:
    before_feast = noisy(feast(52 * 3 + 48), series=8)
    made = fit_forecaster(before_feast, CONFIG)
    assert made.recipe.pooled_years is not None
    assert made.ahead(before_feast, 4).stock.mean() > 45
    one_feast = before_feast.first(52 + 48)
    assert fit_forecaster(one_feast, CONFIG).recipe.pooled_years is None


def test_medians_that_lag_behind_are_left_out_of_the_point() -> None:
    growing = noisy(10.0 + 2 * np.arange(60.0), series=8)
    forecaster = fit_forecaster(growing, CONFIG)
    assert forecaster.trees is None  # too few rows to learn from
    assert forecaster.level_share == 1.0
    assert forecaster.ahead(growing, 4).point.mean() == pytest.approx(10 + 2 * 61.5, rel=0.03)


def test_half_of_each_stays_where_nothing_is_clearly_better() -> None:
    windows = past_windows(noisy(np.full(60, 20.0)), CONFIG, origins=3)
    exact, far = [window.actual for window in windows], [window.actual + 1 for window in windows]
    assert choose_share(windows, exact, far, CONFIG) == 1.0
    assert choose_share(windows, far, exact, CONFIG) == 0.0
    assert choose_share(windows, far, [one + 0.01 for one in far], CONFIG) == 0.5
    assert choose_share([], [], [], CONFIG) == 0.5


def test_clearly_less_is_so_in_sum_and_in_most_windows() -> None:
    usual = np.array([10.0, 10.0, 10.0])
    assert is_clearly_less(np.array([9.0, 9.0, 10.0]), usual, CONFIG)
    assert not is_clearly_less(np.array([9.8, 9.8, 9.8]), usual, CONFIG)
    assert not is_clearly_less(np.array([1.0, 10.5, 10.5]), usual, CONFIG)


def test_a_course_stays_where_it_ends() -> None:
    table = weeks(np.arange(10.0, 50.0)[None, :])
    made = expect(table, Recipe(4.0, 0.0, 12.0, trend_half_life=8.0, trend_damping=0.9), steps=2)
    said = made.over(np.zeros(4, dtype=np.intp))[0]
    assert said[0] < said[1] == said[2] == said[3]
