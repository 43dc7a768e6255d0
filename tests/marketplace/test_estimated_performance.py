"""What calibrated probabilities estimate, against labels drawn from them."""

import numpy as np
import pytest

from marketplace.estimated_performance import estimated_performance, grouped_average_precision, realised_performance
from models.metrics.classification import average_precision


def test_certain_labels_leave_nothing_to_chance() -> None:
    found = estimated_performance([2, 1, 5], [1.0, 1.0, 0.0], [True, False, False])
    figures = (found.frauds, found.average_precision, found.precision, found.recall)
    for one, certain in zip(figures, (3, 1, 1, 2 / 3), strict=True):
        assert one is not None
        assert (one.value, one.low, one.high) == pytest.approx((certain, certain, certain))


def test_nothing_to_estimate_is_no_figure() -> None:
    none_high = estimated_performance([4], [0.0], [False])
    assert (none_high.frauds.value, none_high.average_precision, none_high.precision, none_high.recall) == (0, None, None, None)
    nothing = estimated_performance([], [], [])
    assert (nothing.frauds.value, nothing.average_precision, nothing.precision, nothing.recall) == (0, None, None, None)


def test_groups_rank_as_their_attempts_would() -> None:
    rng = np.random.default_rng(1)
    scores = rng.integers(0, 9, 300) / 10
    outcomes = rng.random(300) < scores
    levels, group = np.unique(-scores, return_inverse=True)
    counts, frauds = np.bincount(group, minlength=len(levels)), np.bincount(group, weights=outcomes)
    assert grouped_average_precision(counts, frauds)[0] == pytest.approx(average_precision(outcomes, scores))
    assert np.isnan(grouped_average_precision(counts, np.zeros(len(levels)))[0])


def test_realised_figures_are_those_of_the_attempts() -> None:
    # From the top: 2 of 4 are fraud, then 1 of 6; the first group alone is looked at.
    found = realised_performance([4, 6], [2, 1], [True, False])
    assert (found.frauds, found.precision, found.recall) == (3, 1 / 2, 2 / 3)
    assert found.average_precision == pytest.approx(2 / 3 * 2 / 4 + 1 / 3 * 3 / 10)
    nothing = realised_performance([4], [0], [False])
    assert (nothing.frauds, nothing.average_precision, nothing.precision, nothing.recall) == (0, None, None, None)


@pytest.mark.parametrize(("raised", "least", "most"), [(0.0, 0.85, 1.0), (1.5, 0.0, 0.15)])
def test_labels_lie_inside_while_the_score_is_calibrated(raised: float, least: float, most: float) -> None:
    """Of 60 shops the share of figures within chance, with true odds as the probabilities say or e^1.5 times as high."""
    rng = np.random.default_rng(2)
    within = []
    for _ in range(60):
        log_odds = np.sort(rng.normal(-4, 2, 2000))[::-1]
        chance, true = 1 / (1 + np.exp(-log_odds)), 1 / (1 + np.exp(-log_odds - raised))
        is_fraud, is_high = rng.random(2000) < true, chance >= 0.3
        estimated = estimated_performance(np.ones(2000), chance, is_high, draws=200)
        figures = (
            (estimated.frauds, is_fraud.sum()),
            (estimated.average_precision, average_precision(is_fraud, chance)),
            (estimated.precision, is_fraud[is_high].mean()),
            (estimated.recall, is_fraud[is_high].sum() / is_fraud.sum()),
        )
        within += [one is not None and one.low <= found <= one.high for one, found in figures[: 1 if raised else 4]]
    assert least <= np.mean(within) <= most


def test_four_figures_together_condemn_a_calibrated_score_one_time_in_twenty_at_most() -> None:
    rng = np.random.default_rng(3)
    counts, chance = np.array([60, 100, 300, 2000]), np.array([0.9, 0.6, 0.2, 0.02])
    is_high = chance >= 0.6
    estimated = estimated_performance(counts, chance, is_high)
    inside = []
    for frauds in rng.binomial(counts, chance, size=(4000, 4)):
        high, whole = frauds[is_high].sum(), frauds.sum()
        found = (whole, grouped_average_precision(counts, frauds)[0], high / counts[is_high].sum(), high / whole)
        estimates = (estimated.frauds, estimated.average_precision, estimated.precision, estimated.recall)
        pairs = [(one, value) for one, value in zip(estimates, found, strict=True) if one is not None]
        inside.append([(one.low <= value <= one.high, one.lowest <= value <= one.highest) for one, value in pairs])
    one_by_one, jointly = 1 - np.all(inside, axis=1).mean(axis=0)
    assert one_by_one > 0.1
    assert jointly <= 0.06  # all 4,000 are judged by the same 400 draws, which miss the twentieth by a little either way
