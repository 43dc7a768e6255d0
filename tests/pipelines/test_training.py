"""The rule by which a challenger becomes champion, worked by hand."""

from math import nan

import pytest

from models.evaluation import Evaluation, MethodResult, Metric
from pipelines.training import Challenger, Verdict, judge_against_baseline, judge_against_champion


def evaluation(difference: Metric | None, *notes: str) -> Evaluation:
    served = MethodResult("ours", {"ndcg_at_10": Metric(0.2)}, is_served=True)
    return Evaluation("task", "ndcg_at_10", (served,), "trending", difference, notes=notes)


@pytest.mark.parametrize(
    ("difference", "holds", "refuses", "words"),
    [
        (Metric(0.05, 0.01, 0.09), True, False, "beats trending: +0.0500 [+0.0100, +0.0900] ndcg_at_10"),
        (Metric(0.01, -0.20, 0.22), False, False, "is not told apart from trending"),
        (Metric(-0.05, -0.09, -0.01), False, True, "is worse than trending"),
        (Metric(nan), False, False, "not measured against a baseline: no labels yet"),
        (None, False, False, "not measured against a baseline: no labels yet"),
    ],
)
def test_a_challenger_is_refused_only_when_shown_to_be_worse_than_its_baseline(difference, holds, refuses, words) -> None:
    verdict = judge_against_baseline(evaluation(difference, "no labels yet"))

    assert (verdict.holds, verdict.refuses) == (holds, refuses)
    assert verdict.words.startswith(words)


@pytest.mark.parametrize(
    ("difference", "champion", "holds", "refuses", "words"),
    [
        (None, None, True, False, "no champion to be worse than"),
        (Metric(0.0, -0.019, 0.03), "4", True, False, "is no worse than champion 4: +0.0000 [-0.0190, +0.0300]"),
        (Metric(0.0, -0.021, 0.03), "4", False, True, "may be worse than champion 4"),
        (Metric(0.02, 0.01, 0.03), "4", True, False, "is no worse than champion 4"),
        (Metric(nan), "4", False, False, "not compared with champion 4: too little data"),
        (Metric(nan, nan, nan), "4", False, False, "not compared with champion 4: too little data"),
        (None, "4", False, False, "not compared with champion 4, which this code cannot load"),
    ],
)
def test_a_challenger_may_tie_with_the_champion_within_the_tolerance(difference, champion, holds, refuses, words) -> None:
    verdict = judge_against_champion(difference, champion, metric="ndcg_at_10", tolerance=0.02)

    assert (verdict.holds, verdict.refuses) == (holds, refuses)
    assert verdict.words.startswith(words)


@pytest.mark.parametrize(("baseline", "champion", "expected"), [(0, 0, True), (1, 0, False), (0, 1, False), (1, 1, False)])
def test_either_check_refuses_the_promotion(baseline: int, champion: int, expected: bool) -> None:
    verdicts = [Verdict(not refuses, bool(refuses), "words") for refuses in (baseline, champion)]

    assert Challenger("2", evaluation(None), *verdicts).may_be_promoted is expected
