"""What can be set about the fraud model; the defaults are those of the model card."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any

from marketplace.fraud_outcomes import LABEL_DELAY


@dataclass(frozen=True)
class Costs:
    """What mistakes cost, as shares of the median attempt so that they hold in any currency.

    A missed fraud loses the goods and a fee. A review takes an analyst's minutes and lets a customer wait. Refusing an
    honest customer loses the sale's margin and some of the customer's future. None of these is measured here: they are
    the shop's to set, and the thresholds follow from them.
    """

    chargeback_fee: float = 0.5
    review: float = 0.1
    wait: float = 0.02
    insult: float = 1.0
    # Share of reviewed frauds that the reviewer recognises, and of refused honest customers who come back for a review.
    review_catch_rate: float = 0.8
    appeal_rate: float = 0.5


@dataclass(frozen=True)
class FraudConfig:
    """Every choice of the training, under the name that its library gives it.

    `label_delay`: an attempt without a label counts as legitimate once it is this old; frauds are learnt from the day they
    are known.
    """

    seed: int = 7
    label_delay: timedelta = LABEL_DELAY
    # The evaluation walks through the last half of the judged attempts in windows, trained anew before each.
    test_share: float = 0.5
    test_windows: int = 5
    # Fewer known frauds than this do not teach a classifier: rules and the anomaly score decide alone.
    min_positive_count: int = 10
    # Probabilities are calibrated on successive windows of the last part of the known attempts, each unseen by its trees.
    calibration_share: float = 0.6
    calibration_windows: int = 3
    # No more attempts wait for a person than the analysts can look at in a day; within that, costs decide.
    max_reviews_per_day: float = 100.0
    # Stands in for the unknown share of fraud while there are no labels.
    assumed_fraud_rate: float = 0.01
    costs: Costs = field(default_factory=Costs)
    # Weight of the penalty on the line that boosting starts from.
    prior_ridge: float = 20.0
    # LightGBM
    num_boost_round: int = 100
    learning_rate: float = 0.05
    num_leaves: int = 7
    min_data_in_leaf: int = 10
    feature_fraction: float = 0.6
    bagging_fraction: float = 0.8
    lambda_l2: float = 5.0
    # Isolation Forest
    n_estimators: int = 100
    max_samples: int = 256

    def to_json(self) -> dict[str, Any]:
        """Every choice, the label delay in seconds; `from_json` takes it back."""
        return asdict(self) | {"label_delay": self.label_delay.total_seconds()}

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> "FraudConfig":
        """The choices that `to_json` told."""
        return cls(**{**told, "label_delay": timedelta(seconds=told["label_delay"]), "costs": Costs(**told["costs"])})
