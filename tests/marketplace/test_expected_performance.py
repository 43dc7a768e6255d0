"""What calibrated probabilities lead to expect, against labels drawn from them."""

import numpy as np
import pytest

from marketplace.expected_performance import expected_performance, grouped_average_precision
from models.metrics.classification import average_precision


def test_certain_labels_leave_nothing_to_chance() -> None:
    found = expected_performance([2, 1, 5], [1.0, 1.0, 0.0], [True, False, False])
    figures = (found.frauds, found.average_precision, found.precision, found.recall)
    for one, certain in zip(figures, (3, 1, 1, 2 / 3), strict=True):
        assert one is not None
        assert (one.value, one.low, one.high) == pytest.approx((certain, certain, certain))


def test_nothing_expected_is_no_figure() -> None:
    none_high = expected_performance([4], [0.0], [False])
    assert (none_high.frauds.value, none_high.average_precision, none_high.precision, none_high.recall) == (0, None, None, None)
    nothing = expected_performance([], [], [])
    assert (nothing.frauds.value, nothing.average_precision, nothing.precision, nothing.recall) == (0, None, None, None)


def test_groups_rank_as_their_attempts_would() -> None:
    rng = np.random.default_rng(1)
    scores = rng.integers(0, 9, 300) / 10
    outcomes = rng.random(300) < scores
    levels, group = np.unique(-scores, return_inverse=True)
    counts, frauds = np.bincount(group, minlength=len(levels)), np.bincount(group, weights=outcomes)
    assert grouped_average_precision(counts, frauds)[0] == pytest.approx(average_precision(outcomes, scores))
    assert np.isnan(grouped_average_precision(counts, np.zeros(len(levels)))[0])


@pytest.mark.parametrize(("raised", "least", "most"), [(0.0, 0.85, 1.0), (1.5, 0.0, 0.15)])
def test_labels_lie_inside_while_the_score_is_calibrated(raised: float, least: float, most: float) -> None:
    """Of 60 shops the share in which all that was promised came, with true odds as promised or e^1.5 times as high."""
    rng = np.random.default_rng(2)
    kept = []
    for _ in range(60):
        log_odds = np.sort(rng.normal(-4, 2, 2000))[::-1]
        promised, true = 1 / (1 + np.exp(-log_odds)), 1 / (1 + np.exp(-log_odds - raised))
        is_fraud, is_high = rng.random(2000) < true, promised >= 0.3
        expected = expected_performance(np.ones(2000), promised, is_high, draws=200)
        figures = (
            (expected.frauds, is_fraud.sum()),
            (expected.average_precision, average_precision(is_fraud, promised)),
            (expected.precision, is_fraud[is_high].mean()),
            (expected.recall, is_fraud[is_high].sum() / is_fraud.sum()),
        )
        kept += [one is not None and one.low <= found <= one.high for one, found in figures[: 1 if raised else 4]]
    assert least <= np.mean(kept) <= most


def test_four_figures_together_condemn_a_calibrated_score_one_time_in_twenty_at_most() -> None:
    rng = np.random.default_rng(3)
    counts, promised = np.array([60, 100, 300, 2000]), np.array([0.9, 0.6, 0.2, 0.02])
    is_high = promised >= 0.6
    expected = expected_performance(counts, promised, is_high)
    inside = []
    for frauds in rng.binomial(counts, promised, size=(4000, 4)):
        high, whole = frauds[is_high].sum(), frauds.sum()
        found = (whole, grouped_average_precision(counts, frauds)[0], high / counts[is_high].sum(), high / whole)
        promises = (expected.frauds, expected.average_precision, expected.precision, expected.recall)
        pairs = [(one, value) for one, value in zip(promises, found, strict=True) if one is not None]
        inside.append([(one.low <= value <= one.high, one.lowest <= value <= one.highest) for one, value in pairs])
    one_by_one, jointly = 1 - np.all(inside, axis=1).mean(axis=0)
    assert one_by_one > 0.1
    assert jointly <= 0.06  # all 4,000 are judged by the same 400 draws, which miss the twentieth by a little either way
