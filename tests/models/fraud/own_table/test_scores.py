"""Figures against values worked by hand and against the plain functions; a draw of customers is a weight per row."""

import numpy as np
import pytest

from models.fraud.own_table.scores import ScoredWindow, intervals
from models.metrics.classification import average_precision, brier_score, roc_auc


def window(seed: int = 1, rows: int = 400) -> ScoredWindow:
    rng = np.random.default_rng(seed)
    chance = rng.beta(1, 6, rows).round(2)  # rounded: some scores tie
    return ScoredWindow(rng.integers(0, 50, rows), rng.integers(0, 3, rows), rng.random(rows) < chance, chance)


def test_figures_without_weights_are_those_of_the_plain_functions() -> None:
    held = window()
    made = held.figures(np.ones(50))
    base = held.is_fraud.mean()
    assert made["average_precision"] == pytest.approx(average_precision(held.is_fraud, held.probability))
    assert made["roc_auc"] == pytest.approx(roc_auc(held.is_fraud, held.probability))
    assert made["brier_skill"] == pytest.approx(1 - brier_score(held.is_fraud, held.probability) / (base * (1 - base)))


def test_a_customer_drawn_twice_counts_as_two() -> None:
    held, weights = window(), np.random.default_rng(2).integers(0, 3, 50)
    times = weights[held.customers]
    twice = ScoredWindow(*(np.repeat(values, times) for values in (held.customers, held.days, held.is_fraud, held.probability)))
    weighted, repeated = held.figures(weights.astype(float)), twice.figures(np.ones(50))
    for name in ("average_precision", "roc_auc", "recall_at_1pct_fpr", "brier_skill", "calibration_slope"):
        assert weighted[name] == pytest.approx(repeated[name])


def test_recall_at_one_percent_of_false_alarms() -> None:
    # 2 of 4 frauds lie above the first honest one; 100 honest ones, so one false alarm is allowed: the third fraud follows it.
    is_fraud = np.array([1, 1, 0, 1, *[0] * 99, 1], bool)
    score = np.linspace(0.9, 0.1, len(is_fraud))
    made = ScoredWindow(np.arange(104), np.zeros(104, int), is_fraud, score).figures(np.ones(104))
    assert made["recall_at_1pct_fpr"] == pytest.approx(0.75)


def test_card_precision_takes_cards_once_a_day_and_blocks_the_found() -> None:
    # Day 0: card 0 is found with two frauds, one hit of a hundred. Day 1: it is blocked, card 1 is found.
    made = ScoredWindow(
        np.array([0, 0, 1, 0, 1]), np.array([0, 0, 0, 1, 1]), np.array([1, 1, 0, 1, 1], bool), np.array([0.9, 0.8, 0.1, 0.9, 0.2])
    ).figures(np.ones(2))
    assert made["card_precision_at_100"] == pytest.approx((1 + 1) / 2 / 100)


def test_only_a_hundred_cards_a_day_are_looked_at() -> None:
    is_fraud = np.arange(200) >= 90  # of the hundred highest ten are frauds
    made = ScoredWindow(np.arange(200), np.zeros(200, int), is_fraud, -np.arange(200.0)).figures(np.ones(200))
    assert made["card_precision_at_100"] == pytest.approx(0.1)


def test_calibration_slope_finds_by_how_much_odds_were_overstated() -> None:
    rng = np.random.default_rng(4)
    log_odds = rng.normal(-1, 1, 20_000)
    is_fraud = rng.random(20_000) < 1 / (1 + np.exp(-log_odds))
    overstated = 1 / (1 + np.exp(-2 * log_odds))
    made = ScoredWindow(np.arange(20_000), np.zeros(20_000, int), is_fraud, overstated).figures(np.ones(20_000))
    assert made["calibration_slope"] == pytest.approx(0.5, abs=0.03)


def test_the_highest_tenth_is_estimated_to_hold_what_its_probabilities_add_up_to() -> None:
    # 20 rows: the two highest are foretold 0.9 and 0.6 frauds, and one of them is one.
    is_fraud = np.array([1, 0, *[0] * 17, 1], bool)
    made = ScoredWindow(np.arange(20), np.zeros(20, int), is_fraud, np.array([0.9, 0.6, *np.linspace(0.5, 0.1, 18)])).figures(
        np.ones(20)
    )
    assert made["top_tenth_estimated_over_realised"] == pytest.approx(1.5)


def test_without_fraud_nothing_is_said() -> None:
    held = window()
    made = ScoredWindow(held.customers, held.days, np.zeros(400, bool), held.probability).figures(np.ones(50))
    assert all(np.isnan(value) for value in made.values())


def test_equal_models_differ_by_nothing_and_means_lie_within_their_bounds() -> None:
    scored = {"ours": [window(1), window(2)], "same": [window(1), window(2)]}
    figures, gains = intervals(scored, 50, served="ours", draws=40, seed=1)
    gain = gains["same"]["average_precision"]
    assert (gain.value, gain.low, gain.high) == (0, 0, 0)
    mean = figures["ours"].mean["average_precision"]
    assert mean.low is not None
    assert mean.high is not None
    assert mean.low < mean.value < mean.high
    both = [part["average_precision"].value for part in figures["ours"].windows]
    assert mean.value == pytest.approx(np.mean(both))
