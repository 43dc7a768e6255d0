"""IPS and SNIPS by hand, and on a simulation whose truth is known."""

import numpy as np
import pytest

from models.recommendation.off_policy import compare, estimate


def test_both_estimators_by_hand() -> None:
    # Four decisions of one in two; the other policy agrees with the first two: w = 2, 2, 0, 0.
    found = estimate([1, 0, 1, 1], [0.5] * 4, [1, 1, 0, 0])
    assert found.ips.value == pytest.approx((2 * 1 + 2 * 0) / 4)
    assert found.snips.value == pytest.approx((2 * 1 + 2 * 0) / 4)
    assert found.effective_size == pytest.approx(16 / 8)
    # Propensities that differ: w = 1 / .2, 1 / .8; IPS (5 * 1) / 2, SNIPS 5 / 6.25.
    uneven = estimate([1, 0], [0.2, 0.8], [1, 1])
    assert (uneven.ips.value, uneven.snips.value) == pytest.approx((2.5, 0.8))


def test_an_estimate_of_the_policy_that_ran_is_what_it_earned() -> None:
    rng = np.random.default_rng(2)
    rewards, propensities = rng.random(500) < 0.1, rng.uniform(0.1, 0.9, 500)
    found = estimate(rewards, propensities, propensities)
    assert found.snips.value == found.ips.value == pytest.approx(rewards.mean())
    assert found.effective_size == pytest.approx(500)


def test_what_was_shown_with_no_probability_is_refused() -> None:
    with pytest.raises(ValueError, match="propensity"):
        estimate([1], [0.0], [1])


def test_an_empty_log_says_nothing() -> None:
    assert np.isnan(estimate([], [], []).snips.value)
    assert np.isnan(compare([], [], [], []).value)


def test_intervals_hold_the_truth_nineteen_times_in_twenty() -> None:
    """100 logs of a policy that draws among five products by skewed chances; the other policy always takes the third."""
    chances, rates = np.array([0.4, 0.3, 0.15, 0.1, 0.05]), np.array([0.10, 0.05, 0.2, 0.02, 0.3])
    held = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        shown = rng.choice(5, 1_500, p=chances)
        found = estimate(rng.random(1_500) < rates[shown], chances[shown], shown == 2, n=200, seed=seed)
        assert found.snips.low is not None
        assert found.snips.high is not None
        held += found.snips.low <= 0.2 <= found.snips.high
    assert 88 <= held <= 100  # 95 with a standard error of 2.2: three of them


def test_decisions_of_one_visitor_do_not_count_as_many() -> None:
    rewards = np.repeat([1, 0, 1, 0, 0, 1], 50)
    alone = estimate(rewards, np.full(300, 0.5), np.ones(300))
    grouped = estimate(rewards, np.full(300, 0.5), np.ones(300), units=np.repeat(np.arange(6), 50))
    assert grouped.snips.value == alone.snips.value
    assert grouped.snips.high - grouped.snips.low > 3 * (alone.snips.high - alone.snips.low)  # type: ignore[operator]


def test_the_better_policy_is_called_better() -> None:
    rng = np.random.default_rng(4)
    shown = rng.integers(0, 5, 6_000)
    rewards = rng.random(6_000) < np.array([0.05, 0.05, 0.2, 0.05, 0.05])[shown]
    found = compare(rewards, np.full(6_000, 0.2), shown == 2, shown == 0)
    assert found.low is not None
    assert found.low > 0
    assert found.value == pytest.approx(0.15, abs=0.04)
