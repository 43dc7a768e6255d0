"""Figures of four answers, worked by hand."""

import numpy as np
import pytest

from models.tagging.own_table.scores import METRICS, Answers, intervals

# Labels 0, 0, 1, 2; said 0, 1, 1, 0.
ANSWERS = Answers(
    truth=np.array([0, 0, 1, 2]),
    ranked=np.array([[0, 1, 3], [1, 0, 3], [1, 0, 2], [0, 1, 3]]),
    confidence=np.array([0.9, 0.1, 0.8, 0.5]),
    units=np.array([0, 0, 1, 2]),
)


def figures(answers: Answers, weights: list[float]) -> dict[str, float]:
    return dict(zip(METRICS, answers.figures(np.array(weights)), strict=True))


def test_figures_of_four_answers() -> None:
    made = figures(ANSWERS, [1, 1, 1])
    assert made["accuracy"] == 0.5
    # F1: label 0 said twice, true twice, once right: 1/2; label 1: 2/3; label 2: 0.
    assert made["macro_f1"] == pytest.approx((1 / 2 + 2 / 3 + 0) / 3)
    assert made["top_3_accuracy"] == 0.75
    # 85 % of four are 3.4: right, right, wrong and 0.4 of a wrong one.
    assert made["accuracy_at_85pct_coverage"] == pytest.approx(2 / 3.4)


def test_a_group_drawn_twice_counts_as_two() -> None:
    made = figures(ANSWERS, [2, 1, 0])
    assert made["accuracy"] == pytest.approx(3 / 5)
    assert made["macro_f1"] == pytest.approx((2 * 2 / (4 + 2) + 2 * 1 / (1 + 3)) / 2)


def test_equal_confidence_counts_in_proportion() -> None:
    tied = Answers(ANSWERS.truth, ANSWERS.ranked, np.zeros(4), ANSWERS.units)
    assert figures(tied, [1, 1, 1])["accuracy_at_85pct_coverage"] == pytest.approx(0.5)


def test_a_broader_level_forgives_what_lies_beside() -> None:
    made = figures(ANSWERS.broader(np.array([0, 0, 1, 1])), [1, 1, 1])
    assert made["accuracy"] == 0.75


def test_figures_lie_within_their_bounds_and_differences_are_paired() -> None:
    same = {"ours": ANSWERS, "theirs": ANSWERS}
    made, gains = intervals({"": same}, 3, served="ours", primary="macro_f1", draws=50, seed=1)
    metric = made[""]["ours"]["macro_f1"]
    assert metric.low is not None
    assert metric.high is not None
    assert metric.low <= metric.value <= metric.high
    assert (gains["theirs"].low, gains["theirs"].high) == (0, 0)
