"""Probabilities of Thompson sampling: against many draws, and what evidence does to them."""

import numpy as np
import pytest

from models.recommendation.exploration import Prior, prior_of, probabilities_to_be_best


def test_they_are_what_thompson_sampling_draws() -> None:
    clicks, shows, prior = np.array([0, 3, 9, 1, 0]), np.array([0, 40, 90, 60, 5]), Prior(2.5, 50)
    rng = np.random.default_rng(8)
    draws = rng.beta(prior.clicks + clicks, prior.shows - prior.clicks + shows - clicks, (200_000, 5))
    frequency = np.bincount(draws.argmax(axis=1), minlength=5) / len(draws)
    found = probabilities_to_be_best(clicks, shows, prior)
    assert found.sum() == pytest.approx(1)
    assert found == pytest.approx(frequency, abs=0.005)  # 4.5 standard errors of one half


def test_equals_share_and_evidence_decides() -> None:
    prior = prior_of(100, 2_000)
    assert probabilities_to_be_best([0, 0, 0, 0], [0, 0, 0, 0], prior) == pytest.approx([0.25] * 4, abs=1e-6)
    best = probabilities_to_be_best([60, 10], [400, 400], prior)
    assert best[0] > 0.999
    assert probabilities_to_be_best([], [], prior).tolist() == []


def test_one_that_was_never_shown_is_tried_although_another_does_well() -> None:
    found = probabilities_to_be_best([8, 0], [100, 0], prior_of(100, 2_000))
    assert 0.1 < found[1] < 0.5


def test_the_prior_is_the_shops_own_rate() -> None:
    assert prior_of(99, 990).clicks == pytest.approx(5)
    assert prior_of(0, 0).clicks > 0


def test_many_products_take_no_time_and_still_add_up() -> None:
    rng = np.random.default_rng(3)
    shows = rng.integers(0, 3_000, 50)
    found = probabilities_to_be_best(rng.binomial(shows, 0.05), shows, prior_of(5_000, 100_000))
    assert found.min() >= 0
    assert found.sum() == pytest.approx(1)
