"""The model card of the outlook."""

from models.evaluation import Evaluation
from models.model_card import write_card
from models.outlook.dataset import TrainingSet


def model_card(evaluation: Evaluation, training_set: TrainingSet) -> str:
    """Markdown: what it does, data, figures beside baselines, limits."""
    customers, sellers = training_set.customer_days, training_set.seller_days
    return write_card(
        title="Outlook: who stays away, and what those who come spend",
        summary="Recency, frequency and money as of a day go into a logistic regression (no sale within the horizon, of those "
        "who had one within the last) for customers and for sellers, and into a Tweedie regression (the spend of customers "
        "within the horizon). They learn from windows of the past that overlap by two thirds.",
        data=f"{len(customers):,} days on which {customers['customer_id'].nunique():,} customers bought and {len(sellers):,} on "
        f"which {sellers['seller_id'].nunique():,} sellers sold, over before {training_set.until:%Y-%m-%d %H:%M} UTC.",
        evaluation=evaluation,
        limits=(
            "A sale counts from its approval, whatever became of it later; refunds are not taken off.",
            "The value is that of the horizon, not of a life: no figure here was extrapolated beyond what could be checked.",
            "Visits, messages and reviews are not looked at; who never bought has no outlook.",
        ),
    )
