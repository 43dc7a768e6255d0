"""What each score means: how many honest attempts lie above it, how much fraud, what reviewing from there on costs.

Measured on attempts that the classifier had not seen, so the table is no promise about its own past. The rows are what an analyst
reads (one in a hundred honest customers is disturbed from this score on), and their costs are the curve of expected cost.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models.fraud.decision import Thresholds, risk_score

Floats = npt.NDArray[np.float64]

FALSE_POSITIVE_RATES = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)


@dataclass(frozen=True)
class HeldOut:
    """Attempts of which the outcome is known, scored by classifiers that saw only older ones."""

    probability: Floats
    is_fraud: npt.NDArray[np.bool_]
    amount_minor: Floats


@dataclass(frozen=True)
class OperatingPoint:
    """What follows if every attempt from `probability` on is reviewed and no other.

    Attributes:
        false_positive_rate: share of the honest that are reviewed. recall: share of the frauds. precision: frauds per review.
        reviews_per_day: at the pace of the last weeks of training.
        cost_minor: of an attempt on average: losses that are missed or overlooked, work, and customers who wait.
    """

    probability: float
    score: int
    false_positive_rate: float
    recall: float
    precision: float
    reviews_per_day: float
    cost_minor: float

    def to_json(self) -> dict[str, Any]:
        """The fields by name."""
        return asdict(self)


def operating_points(held_out: HeldOut, thresholds: Thresholds, *, attempts_per_day: float) -> tuple[OperatingPoint, ...]:
    """A point for each of `FALSE_POSITIVE_RATES`, rarest alarms first; none where only one outcome is known."""
    honest = np.sort(held_out.probability[~held_out.is_fraud])
    if not len(honest) or not held_out.is_fraud.any():
        return ()
    points = []
    for rate in FALSE_POSITIVE_RATES:
        # The lowest of the scores above which no more of the honest lie; of few honest attempts rare alarms are the same.
        bound = float(honest[len(honest) - 1 - int(rate * len(honest))])
        points.append(_point(held_out, thresholds, float(np.nextafter(bound, 1.0)), attempts_per_day))
    return tuple(points)


def operating_points_section(points: Sequence[OperatingPoint]) -> str:
    """Markdown for the model card: the table with what its columns mean; empty where nothing could be measured."""
    if not points:
        return ""
    lines = [
        "## Operating points",
        "",
        "If every attempt from a score on is reviewed and no other, measured on attempts that the classifier had not seen. "
        "The cost is of an attempt on average, in the shop's currency: losses missed or overlooked, work, and customers "
        "who wait. Checkout also weighs the amount.",
        "",
        "| score | probability | false-positive rate | recall | precision | reviews a day | cost |",
        "| ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    lines += [
        f"| {point.score} | {point.probability:.4f} | {point.false_positive_rate:.2%} | {point.recall:.1%} "
        f"| {point.precision:.1%} | {point.reviews_per_day:.1f} | {point.cost_minor / 100:,.2f} |"
        for point in points
    ]
    return "\n".join([*lines, ""])


def _point(held_out: HeldOut, thresholds: Thresholds, probability: float, attempts_per_day: float) -> OperatingPoint:
    is_fraud, is_reviewed = held_out.is_fraud, held_out.probability >= probability
    loss = np.where(is_fraud, held_out.amount_minor + thresholds.chargeback_fee_minor, 0.0)
    overlooked = (1 - thresholds.review_catch_rate) * loss
    cost = np.where(is_reviewed, thresholds.review_minor + overlooked + np.where(is_fraud, 0.0, thresholds.wait_minor), loss)
    reviewed = int(is_reviewed.sum())
    return OperatingPoint(
        probability=probability,
        score=risk_score(probability, thresholds),
        false_positive_rate=float(is_reviewed[~is_fraud].mean()),
        recall=float(is_reviewed[is_fraud].mean()),
        precision=float(is_fraud[is_reviewed].mean()) if reviewed else 0.0,
        reviews_per_day=attempts_per_day * reviewed / len(is_reviewed),
        cost_minor=float(cost.mean()),
    )
