"""Ranking figures on lists short enough to work by hand, and against scikit-learn."""

import math

import numpy as np
import pytest
from scipy import sparse
from sklearn.metrics import ndcg_score

from models.metrics.ranking import (
    coverage_at,
    hit_rate_at,
    hits,
    intra_list_diversity_at,
    mrr_at,
    ndcg_at,
    novelty_at,
    personalisation_at,
    recall_at,
)

# Customer 0 wants products 1 and 4, customer 1 wants 0; lists hold three places.
TARGETS = sparse.csr_matrix(np.array([[0, 1, 0, 0, 1], [1, 0, 0, 0, 0]]))
RANKED = np.array([[1, 2, 4], [3, 2, -1]])


def test_hits_mark_the_places_that_hold_targets() -> None:
    assert hits(RANKED, TARGETS).tolist() == [[True, False, True], [False, False, False]]


def test_padding_is_never_a_hit() -> None:
    assert not hits(np.array([[-1, -1]]), sparse.csr_matrix(np.array([[1, 1]]))).any()


def test_ndcg_by_hand() -> None:
    # Places 1 and 3: 1 + 1/2, of the best possible 1 + 1/log2(3).
    expected = 1.5 / (1 + 1 / math.log2(3))
    assert ndcg_at(hits(RANKED, TARGETS), np.array([2, 1]), 3).tolist() == pytest.approx([expected, 0.0])


def test_ndcg_agrees_with_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    relevance, scores = (rng.random((20, 40)) < 0.1).astype(int), rng.random((20, 40))
    relevance[:, 0] = 1
    ours = ndcg_at(hits(np.argsort(-scores, axis=1), sparse.csr_matrix(relevance)), relevance.sum(axis=1), 10)
    assert ours.mean() == pytest.approx(ndcg_score(relevance, scores, k=10))


def test_recall_and_hit_rate_by_hand() -> None:
    hit = hits(RANKED, TARGETS)
    assert recall_at(hit, np.array([2, 1]), 1).tolist() == [0.5, 0.0]
    assert recall_at(hit, np.array([2, 1]), 3).tolist() == [1.0, 0.0]
    assert hit_rate_at(hit, 3).tolist() == [1.0, 0.0]


def test_coverage_counts_shown_products_once() -> None:
    assert coverage_at(RANKED, 5, 3) == 4 / 5


def test_personalisation_is_zero_for_equal_and_one_for_disjoint_lists() -> None:
    assert personalisation_at(np.array([[0, 1], [1, 0]]), 2) == 0.0
    assert personalisation_at(np.array([[0, 1], [2, 3]]), 2) == 1.0
    assert personalisation_at(np.array([[0, 1], [1, 2]]), 2) == 0.5


def test_mrr_is_one_over_the_first_hit_within_k() -> None:
    hit = np.array([[False, True, True], [False, False, True], [False, False, False]])
    assert mrr_at(hit, 3).tolist() == [1 / 2, 1 / 3, 0.0]
    assert mrr_at(hit, 2).tolist() == [1 / 2, 0.0, 0.0]


def test_novelty_by_hand() -> None:
    share = np.array([1.0, 0.5, 0.25, 0.125, 1.0])
    # 1, 2 and 0 bits; 3 and 2 bits; padding says nothing.
    assert novelty_at(RANKED, share, 3).tolist() == pytest.approx([1.0, 2.5])
    assert novelty_at(np.array([[-1, -1]]), share, 2).tolist() == [0.0]


def test_intra_list_diversity_is_one_minus_the_mean_cosine_of_pairs() -> None:
    rng = np.random.default_rng(1)
    takers = (rng.random((30, 12)) < 0.4).astype(float)
    takers[:, 5] = 0  # nobody has it: it is like nothing
    ranked = np.array([rng.permutation(12)[:4] for _ in range(7)])
    ranked[0] = [5, 2, 3, -1]
    ranked[1] = [4, -1, -1, -1]
    unit = takers / np.maximum(np.linalg.norm(takers, axis=0), 1e-9)
    expected = []
    for row in ranked:
        held = row[row >= 0]
        cosines = [unit[:, a] @ unit[:, b] for place, a in enumerate(held) for b in held[:place]]
        expected.append(1 - np.mean(cosines) if cosines else 1.0)
    assert intra_list_diversity_at(ranked, sparse.csr_matrix(takers), 4, batch=3).tolist() == pytest.approx(expected)
    same = sparse.csr_matrix(np.ones((3, 2)))
    assert intra_list_diversity_at(np.array([[0, 1]]), same, 2).tolist() == pytest.approx([0.0])
