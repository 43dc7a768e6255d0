"""Figures of experiments against cases worked by hand and simulations whose truth is known."""

import numpy as np
import pytest
from scipy import stats

from marketplace.experiments import Arm, Experiment
from marketplace.vocabulary import ExperimentKind
from models.metrics.experiments import difference, preference, rate, sample_ratio


def test_a_split_as_meant_is_no_mismatch_and_a_lost_tenth_is() -> None:
    # 5,050 and 4,950 of halves: chi-square (50² / 5000) * 2 = 1, one degree of freedom: p = 0.3173.
    assert sample_ratio([5_050, 4_950], [0.5, 0.5]).p_value == pytest.approx(0.3173, abs=1e-4)
    assert not sample_ratio([5_050, 4_950], [0.5, 0.5]).is_mismatch
    assert sample_ratio([5_000, 4_500], [0.5, 0.5]).is_mismatch
    assert not sample_ratio([8_010, 1_990], [0.8, 0.2]).is_mismatch
    assert not sample_ratio([0, 0], [0.5, 0.5]).is_mismatch


def test_a_rate_is_the_ratio_of_sums() -> None:
    # Two units: 1 click of 2, 3 of 10: 4 / 12. Residuals 1/3, -1/3: variance (1/9 + 1/9) / 1 * 2 / 144.
    found = rate([1, 3], [2, 10])
    assert found.value == pytest.approx(1 / 3)
    assert found.low == pytest.approx(1 / 3 - 1.959964 * (4 / 9 / 144) ** 0.5)


def test_without_denominators_it_is_the_t_free_mean() -> None:
    values = np.array([0.0, 1.0, 1.0, 4.0])
    found = rate(values)
    assert found.high == pytest.approx(values.mean() + 1.959964 * values.std(ddof=1) / 2)


def test_impressions_of_one_unit_are_not_taken_for_many_people() -> None:
    rng = np.random.default_rng(1)
    shown = rng.integers(5, 200, 2_000)
    clicked = rng.binomial(shown, rng.beta(1, 9, 2_000))
    found = rate(clicked, shown)
    naive = 2 * 1.96 * np.sqrt(found.value * (1 - found.value) / shown.sum())
    assert found.high - found.low > 3 * naive


def test_nothing_seen_has_no_figure() -> None:
    assert np.isnan(rate([], []).value)
    assert difference(([0, 0], [5, 5]), ([0, 0], [5, 5])).p_value == 1.0


def test_preference_is_the_sign_test_over_units() -> None:
    # Of ten units seven click the second list more, one the first, two neither.
    found = preference([0] * 7 + [5, 1, 2], [1] * 7 + [0, 1, 2])
    assert found.metric.value == pytest.approx(2 * 7 / 8 - 1)
    assert found.p_value == pytest.approx(stats.binomtest(7, 8).pvalue)


def false_alarms(experiments: int, units: int = 400) -> float:
    """The share of A/A experiments that call a difference, by the product's own assignment and test.

    The same people behave the same in every experiment; only the salt, and so the split, is another. What a unit clicks
    hangs together: its own rate for all its impressions.
    """
    rng = np.random.default_rng(11)
    names = [f"customer-{number}" for number in range(units)]
    arms = (Arm("a", "champion", 0.5), Arm("b", "champion", 0.5))
    called = 0
    for number in range(experiments):
        tried = Experiment("e", "for_you", ExperimentKind.AB, f"salt-{number}", arms)
        is_b = np.array([tried.arm_of(name).name == "b" for name in names])
        shown = rng.integers(1, 60, units)
        clicked = rng.binomial(shown, rng.beta(2, 18, units))
        called += difference((clicked[is_b], shown[is_b]), (clicked[~is_b], shown[~is_b])).p_value < 0.05
    return called / experiments


def test_of_two_thousand_experiments_of_a_version_with_itself_one_in_twenty_is_called_a_difference() -> None:
    share = false_alarms(2_000)
    assert 0.04 <= share <= 0.06, f"{share:.4f} called at 5 %"
