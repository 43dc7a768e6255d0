"""The rule by which a challenger becomes champion."""

import pytest

from models.evaluation import Evaluation, MethodResult, Metric
from pipelines.training import Challenger, may_be_promoted


def judged(difference: Metric | None, against_champion: Metric | None = None) -> Challenger:
    served = MethodResult("ours", {"ndcg_at_10": Metric(0.2)}, is_served=True)
    return Challenger("2", Evaluation("task", "ndcg_at_10", (served,), "trending", difference), against_champion)


@pytest.mark.parametrize(
    ("difference", "is_allowed", "word"),
    [
        (Metric(0.05, 0.01, 0.09), True, "beats trending"),
        (Metric(0.01, -0.20, 0.22), True, "is not told apart from trending"),
        (Metric(-0.05, -0.09, -0.01), False, "is worse than trending"),
        (None, True, "not judged"),
    ],
)
def test_first_version_is_refused_only_when_shown_to_be_worse(difference: Metric | None, is_allowed: bool, word: str) -> None:
    allowed, why = may_be_promoted(judged(difference), tolerance=0.02)
    assert allowed is is_allowed
    assert word in why


@pytest.mark.parametrize(("low", "is_allowed"), [(-0.019, True), (-0.021, False), (0.01, True)])
def test_later_version_may_tie_within_tolerance(low: float, is_allowed: bool) -> None:
    challenger = judged(Metric(0.05, 0.01, 0.09), against_champion=Metric(0.0, low, 0.03))
    assert may_be_promoted(challenger, tolerance=0.02)[0] is is_allowed
