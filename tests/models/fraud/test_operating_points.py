"""Operating points of a handful of attempts, worked by hand."""

from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest

from models.fraud.config import Costs, FraudConfig
from models.fraud.decision import choose_thresholds
from models.fraud.operating_points import FALSE_POSITIVE_RATES, HeldOut, operating_points, operating_points_section
from models.model_card import with_own_words

# A usual order of 1,000.00: a fee of 500, a review of 100, a wait of 20.
THRESHOLDS = choose_thresholds(np.zeros(1), np.array([100_000.0]), FraudConfig(costs=Costs()))


def held_out() -> HeldOut:
    """A hundred honest attempts at 0.001 to 0.100, four frauds at 0.5, 0.5, 0.0995 and 0.0505, all for 1,000.00."""
    probability = np.append(np.arange(1, 101) / 1000, [0.5, 0.5, 0.0995, 0.0505])
    return HeldOut(probability, np.arange(104) >= 100, np.full(104, 100_000.0))


def test_a_point_says_what_reviewing_from_there_finds_disturbs_and_costs() -> None:
    points = dict(zip(FALSE_POSITIVE_RATES, operating_points(held_out(), THRESHOLDS, attempts_per_day=208), strict=True))
    # One of a hundred honest ones may be disturbed: from above the second highest of them, 0.099.
    point = points[0.01]
    assert 0.099 < point.probability < 0.0995
    assert (point.false_positive_rate, point.recall, point.precision) == pytest.approx((0.01, 0.75, 0.75))
    assert point.reviews_per_day == pytest.approx(8)
    # Four reviews at 100, one wait of 20, a fifth of three losses of 1500 overlooked, one loss missed.
    assert point.cost_minor == pytest.approx((400 + 20 + 0.2 * 3 * 1500 + 1500) * 100 / 104)
    assert points[0.001].false_positive_rate == 0
    assert points[0.5].recall == 1


def test_more_alarms_find_no_less() -> None:
    points = operating_points(held_out(), THRESHOLDS, attempts_per_day=208)
    assert all(later.recall >= earlier.recall for earlier, later in pairwise(points))
    assert all(later.score <= earlier.score for earlier, later in pairwise(points))


def test_one_outcome_alone_says_nothing() -> None:
    honest = HeldOut(np.array([0.1, 0.2]), np.zeros(2, bool), np.full(2, 100_000.0))
    assert operating_points(honest, THRESHOLDS, attempts_per_day=1) == ()


def test_card_holds_the_table_before_its_limits_and_nothing_where_none_could_be_measured() -> None:
    points = operating_points(held_out(), THRESHOLDS, attempts_per_day=208)
    section = operating_points_section(points)
    card = with_own_words("# Fraud\n\n## Limits\n\n- one\n", SimpleNamespace(card_section=section))
    # the point worked by hand above, its cost of 2,820.00 for 104 attempts
    assert "| 0.0990 | 1.00% | 75.0% | 75.0% | 8.0 | 27.12 |" in card
    assert card.index("## Operating points") < card.index("## Limits")
    assert len([line for line in card.splitlines() if line.startswith("| ")]) == 2 + len(FALSE_POSITIVE_RATES)
    for silent in (SimpleNamespace(card_section=operating_points_section(())), object()):
        assert with_own_words("# Fraud\n\n## Limits\n", silent) == "# Fraud\n\n## Limits\n"
