"""From a probability to what the model asks of checkout: thresholds that follow from costs, and the decision by them."""

from bisect import bisect_right
from dataclasses import asdict, dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from marketplace.vocabulary import FraudDecision
from models.fraud.config import Costs, FraudConfig

# A score of 65 asks for a review and 75 refuses, for an order of the usual size: the bounds that Stripe Radar made usual.
REVIEW_SCORE = 65
BLOCK_SCORE = 75
_SCORES = (0, REVIEW_SCORE, BLOCK_SCORE, 99)
_SEVERITY = (FraudDecision.APPROVE, FraudDecision.REVIEW, FraudDecision.BLOCK_AND_REVIEW, FraudDecision.DECLINE)


@dataclass(frozen=True)
class Thresholds:
    """Costs in minor units of the shop's currency, and the probability under which nothing is reviewed.

    `min_review_probability` keeps the queue within what analysts can look at: at the pace of the training set no more than
    `max_reviews_per_day` lie above it. Where they can look at more, costs alone decide.
    """

    median_amount_minor: float
    chargeback_fee_minor: float
    review_minor: float
    wait_minor: float
    insult_share: float
    review_catch_rate: float
    appeal_rate: float
    min_review_probability: float

    @cached_property
    def usual(self) -> tuple[float, float, float]:
        """`bounds` of an order of the usual size."""
        return self.bounds(self.median_amount_minor)

    def bounds(self, amount_minor: float) -> tuple[float, float, float]:
        """The probabilities from which an order is reviewed, refused and declined."""
        review = self.review_at(amount_minor)
        block = max(self._refusing_pays_at(amount_minor), review)
        return review, block, max(self._looking_is_wasted_at(amount_minor), block)

    def review_at(self, amount_minor: float) -> float:
        """The probability from which a review costs less than approving: the fraud it stops pays for the work."""
        saved = self.review_catch_rate * (amount_minor + self.chargeback_fee_minor)
        pays = _share(self.review_minor + self.wait_minor, saved + self.wait_minor)
        return min(max(pays, self.min_review_probability), 1.0)

    def block_at(self, amount_minor: float) -> float:
        """The probability from which refusing at once costs less than a review that may overlook the fraud."""
        return self.bounds(amount_minor)[1]

    def decline_at(self, amount_minor: float) -> float:
        """The probability from which even looking at a refused order costs more than the customers it wins back."""
        return self.bounds(amount_minor)[2]

    def _refusing_pays_at(self, amount_minor: float) -> float:
        overlooked = (1 - self.review_catch_rate) * (amount_minor + self.chargeback_fee_minor)
        insult = self._insult_minor(amount_minor)
        return _share(insult, insult + overlooked)

    def _looking_is_wasted_at(self, amount_minor: float) -> float:
        won_back = self.appeal_rate * self._insult_minor(amount_minor)
        return 1 - min(_share(self.review_minor, won_back), 1.0)

    def _insult_minor(self, amount_minor: float) -> float:
        return max(self.insult_share * amount_minor - self.wait_minor, 0.0)

    def to_json(self) -> dict[str, float]:
        """The fields by name."""
        return asdict(self)


def choose_thresholds(
    probabilities: npt.NDArray[np.float64],
    amounts_minor: npt.NDArray[np.float64],
    config: FraudConfig,
    *,
    attempts_per_day: float = 0.0,
) -> Thresholds:
    """Thresholds in the shop's own money, from the costs of `config`.

    Args:
        probabilities: of attempts that the classifier had not seen: its own past it judges more sharply than what comes.
        amounts_minor: of all attempts.
        attempts_per_day: their pace; at 0 it is not known, and the queue is not bounded.
    """
    costs: Costs = config.costs
    median = float(np.median(amounts_minor)) if len(amounts_minor) else 0.0
    share = min(1.0, config.max_reviews_per_day / attempts_per_day) if attempts_per_day else 1.0
    capacity = float(np.quantile(probabilities, 1 - share)) if len(probabilities) and share < 1 else 0.0
    return Thresholds(
        median_amount_minor=median,
        chargeback_fee_minor=costs.chargeback_fee * median,
        review_minor=costs.review * median,
        wait_minor=costs.wait * median,
        insult_share=costs.insult,
        review_catch_rate=costs.review_catch_rate,
        appeal_rate=costs.appeal_rate,
        # Above one half nobody would leave an order unseen, however long the queue.
        min_review_probability=min(capacity, 0.5),
    )


def decide(probability: float, amount_minor: float, thresholds: Thresholds) -> FraudDecision:
    """What the probability asks for; checkout holds it beside what the rules ask for."""
    return _SEVERITY[sum(probability >= bound for bound in thresholds.bounds(amount_minor))]


def risk_score(probability: float, thresholds: Thresholds) -> int:
    """0 to 99, rising with the probability: 65 and 75 where an order of the usual size is reviewed and refused."""
    review, block, _ = thresholds.usual
    bounds = (0.0, review, max(block, review), 1.0)
    # What numpy.interp says, which takes long to say it of one number.
    place = bisect_right(bounds, probability) - 1
    if place == len(bounds) - 1:
        return _SCORES[-1]
    slope = (_SCORES[place + 1] - _SCORES[place]) / (bounds[place + 1] - bounds[place])
    return int(slope * (probability - bounds[place]) + _SCORES[place])


def _share(part: float, whole: float) -> float:
    """Where nothing costs anything (a shop without attempts yet), no probability is high enough to act."""
    return part / whole if whole > 0 else 1.0
