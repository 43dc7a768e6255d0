"""Intervals hold the truth, pair what belongs together, and come out the same for the same seed."""

import math

import numpy as np
import pytest

from models.metrics.bootstrap import bootstrap_interval, bootstrap_statistic, interval_of, paired_bootstrap, resampled_means


def test_mean_lies_inside_its_interval() -> None:
    metric = bootstrap_interval([0.0, 1.0, 2.0, 3.0])
    assert metric.value == 1.5
    assert metric.low is not None
    assert metric.high is not None
    assert 0.0 <= metric.low < 1.5 < metric.high <= 3.0


def test_normal_sample_gives_textbook_width() -> None:
    values = np.random.default_rng(0).normal(10.0, 2.0, 400)
    metric = bootstrap_interval(values, n=2000)
    assert metric.low is not None
    assert metric.high is not None
    # 2 × 1.96 × 2 / √400 = 0.392
    assert metric.high - metric.low == pytest.approx(0.392, rel=0.12)


def test_paired_difference_is_certain_where_single_means_are_not() -> None:
    noise = np.random.default_rng(1).normal(0.0, 10.0, 50)
    metric = paired_bootstrap(noise + 1.0, noise)
    assert (metric.value, metric.low, metric.high) == pytest.approx((1.0, 1.0, 1.0))


def test_unpaired_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="2 and 3"):
        paired_bootstrap([1, 2], [1, 2, 3])


def test_single_unit_has_no_bounds() -> None:
    assert bootstrap_interval([2.0]).low is None
    assert math.isnan(bootstrap_interval([]).value)


def test_same_seed_gives_same_interval() -> None:
    values = np.arange(30.0)
    assert bootstrap_interval(values, seed=5) == bootstrap_interval(values, seed=5)
    assert bootstrap_interval(values, seed=5) != bootstrap_interval(values, seed=6)


def test_statistic_over_groups_is_wider_than_over_rows() -> None:
    # Five groups of twenty equal rows: only five independent facts.
    values = np.repeat([0.0, 1.0, 2.0, 3.0, 4.0], 20)
    groups = np.repeat(["a", "b", "c", "d", "e"], 20)
    rows = bootstrap_statistic(lambda rows: float(values[rows].mean()), 100)
    grouped = bootstrap_statistic(lambda rows: float(values[rows].mean()), 100, groups=groups)
    assert rows.low is not None
    assert rows.high is not None
    assert grouped.low is not None
    assert grouped.high is not None
    assert grouped.value == rows.value == 2.0
    assert grouped.high - grouped.low > 2 * (rows.high - rows.low)


def test_undefined_resamples_are_left_out() -> None:
    metric = bootstrap_statistic(lambda rows: float("nan") if rows[0] else 1.0, 5)
    assert (metric.value, metric.low, metric.high) == (1.0, 1.0, 1.0)


def test_columns_are_drawn_together() -> None:
    noise = np.random.default_rng(1).normal(0.0, 10.0, 50)
    draws = resampled_means(np.column_stack([noise + 1.0, noise]), n=200)
    assert draws.shape == (200, 2)
    np.testing.assert_allclose(draws[:, 0] - draws[:, 1], 1.0)
    single = bootstrap_interval(noise, n=200)
    together = interval_of(float(noise.mean()), draws[:, 1])
    assert (together.low, together.high) == pytest.approx((single.low, single.high))


def test_missing_draws_are_left_out_and_none_gives_no_bounds() -> None:
    assert interval_of(1.0, [math.nan, 2.0]).low is None
    assert interval_of(1.0, [math.nan, 1.0, 1.0]).low == 1.0
