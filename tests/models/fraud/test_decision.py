"""Decisions: milder never follows from more risk, and thresholds follow from costs."""

import itertools

import numpy as np
import pytest

from marketplace.vocabulary import FraudDecision
from models.fraud.config import Costs, FraudConfig
from models.fraud.decision import BLOCK_SCORE, REVIEW_SCORE, Thresholds, choose_thresholds, decide, risk_score

SEVERITY = [FraudDecision.APPROVE, FraudDecision.REVIEW, FraudDecision.BLOCK_AND_REVIEW, FraudDecision.DECLINE]


@pytest.fixture
def thresholds() -> Thresholds:
    """A usual order of 1,000.00: a fee of 500, a review of 100, a wait of 20, an insult as dear as the order."""
    return choose_thresholds(np.array([0.01, 0.01, 0.02]), np.array([90_000.0, 100_000.0, 110_000.0]), FraudConfig(costs=Costs()))


def test_review_pays_from_where_the_stopped_fraud_pays_for_it(thresholds: Thresholds) -> None:
    # A review costs 100 + 20 and saves 0.8 of (1000 + 500): p = 120 / (1200 + 20).
    assert thresholds.review_at(100_000) == pytest.approx(120 / 1220)
    # Refusing insults 980 and stops the 0.2 of 1500 that a reviewer overlooks: p = 980 / (980 + 300).
    assert thresholds.block_at(100_000) == pytest.approx(980 / 1280)
    # Half of the insulted come back, worth 490; a review of all costs 100: p = 1 - 100 / 490.
    assert thresholds.decline_at(100_000) == pytest.approx(1 - 100 / 490)


def test_harder_never_follows_from_less_risk(thresholds: Thresholds) -> None:
    for amount in (0, 1_000, 100_000, 10_000_000):
        grades = [SEVERITY.index(decide(p, amount, thresholds)) for p in np.linspace(0, 1, 201)]
        assert (np.diff(grades) >= 0).all()


def test_dearer_orders_are_reviewed_sooner(thresholds: Thresholds) -> None:
    bounds = [thresholds.review_at(amount) for amount in (1_000, 10_000, 100_000, 1_000_000)]
    assert all(later <= earlier for earlier, later in itertools.pairwise(bounds))


def test_certainty_decides_at_both_ends(thresholds: Thresholds) -> None:
    assert decide(0.0, 100_000, thresholds) is FraudDecision.APPROVE
    assert decide(1.0, 100_000, thresholds) is FraudDecision.DECLINE


def test_queue_stays_within_what_analysts_can_see() -> None:
    probabilities = np.linspace(0, 0.4, 1001)
    amounts = np.full(1001, 100_000.0)
    # Ten reviews of two thousand attempts a day are half a percent.
    busy = choose_thresholds(probabilities, amounts, FraudConfig(max_reviews_per_day=10), attempts_per_day=2_000)
    assert (probabilities >= busy.review_at(10**9)).mean() <= 0.006
    # With time for all of them, a review is asked for from where it pays.
    calm = choose_thresholds(probabilities, amounts, FraudConfig(max_reviews_per_day=10), attempts_per_day=10)
    assert calm.min_review_probability == 0
    assert calm.review_at(100_000) < busy.review_at(100_000)


def test_score_rises_with_probability_through_its_anchors(thresholds: Thresholds) -> None:
    scores = [risk_score(p, thresholds) for p in np.linspace(0, 1, 501)]
    assert scores[0] == 0
    assert scores[-1] == 99
    assert all(later >= earlier for earlier, later in itertools.pairwise(scores))
    assert risk_score(thresholds.review_at(100_000), thresholds) == REVIEW_SCORE
    assert risk_score(thresholds.block_at(100_000), thresholds) == BLOCK_SCORE


def test_thresholds_of_an_empty_shop_are_still_in_order() -> None:
    empty = choose_thresholds(np.zeros(0), np.zeros(0), FraudConfig())
    assert decide(0.0, 0, empty) in SEVERITY
    assert 0 <= risk_score(0.3, empty) <= 99
