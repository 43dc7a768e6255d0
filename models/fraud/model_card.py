"""The model card of the fraud model."""

from models.evaluation import Evaluation
from models.fraud.config import FraudConfig
from models.fraud.dataset import TrainingSet, known_outcomes
from models.fraud.features import FEATURE_SERVICE, FEATURES
from models.model_card import write_card


def model_card(evaluation: Evaluation, training_set: TrainingSet) -> str:
    """Markdown: what it does, data, figures beside baselines, limits."""
    frame = training_set.frame
    outcomes = known_outcomes(frame, training_set.until, label_delay=FraudConfig().label_delay)
    return write_card(
        title="Fraud",
        summary="Scores one attempt to pay: a calibrated probability of fraud, an anomaly score, reasons, and a decision that "
        "follows from costs and rules. An Isolation Forest is fitted on all attempts. LightGBM starts from a ridge "
        f"regression that leans on the rules; both read the forest's score beside {len(FEATURES)} features: rules, velocity "
        f"counters and `{FEATURE_SERVICE}`. "
        "With too few known frauds, rules and the anomaly score decide alone.",
        data=f"{len(frame):,} payment attempts until {training_set.until:%Y-%m-%d}; {int((outcomes == 1).sum()):,} known "
        f"frauds, {int((outcomes == 0).sum()):,} taken as legitimate, the rest not known yet.",
        evaluation=evaluation,
        limits=(
            "Costs behind the thresholds are the shop's assumptions, not measurements.",
            "Figures on simulated fraud say that the parts work together; real fraud is harder to find.",
        ),
    )
