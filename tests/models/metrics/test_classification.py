"""Figures for rare outcomes: as scikit-learn's, and by hand where it has none."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

from models.metrics.classification import average_precision, brier_score, precision_at, recall_at_review_rate, roc_auc


@pytest.mark.parametrize("seed", range(5))
def test_figures_equal_sklearn_also_with_ties(seed: int) -> None:
    rng = np.random.default_rng(seed)
    outcomes = (rng.random(300) < 0.1).astype(float)
    scores = np.round(rng.random(300) + outcomes * 0.3, 1) / 1.3
    assert average_precision(outcomes, scores) == pytest.approx(average_precision_score(outcomes, scores))
    assert roc_auc(outcomes, scores) == pytest.approx(roc_auc_score(outcomes, scores))
    assert brier_score(outcomes, scores) == pytest.approx(brier_score_loss(outcomes, scores))


def test_cut_counts_ties_in_proportion() -> None:
    outcomes, scores = [1, 0, 1, 0, 0, 0, 0, 1, 0, 0], [9, 5, 5, 1, 1, 1, 1, 0, 0, 0]
    # The first is found; of the two that share second place one half counts.
    assert precision_at(outcomes, scores, k=1) == 1
    assert precision_at(outcomes, scores, k=2) == pytest.approx(1.5 / 2)
    assert recall_at_review_rate(outcomes, scores, rate=0.2) == pytest.approx(1.5 / 3)
    assert precision_at(outcomes, scores, k=50) == pytest.approx(3 / 10)


def test_without_a_positive_there_is_no_figure() -> None:
    for figure in (average_precision([0, 0], [1, 2]), roc_auc([0, 0], [1, 2]), recall_at_review_rate([0, 0], [1, 2], rate=0.5)):
        assert np.isnan(figure)


def test_lengths_must_agree() -> None:
    with pytest.raises(ValueError, match="one score per outcome"):
        average_precision([1, 0], [1])
