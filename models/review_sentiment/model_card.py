"""The model card of the tone of reviews."""

from models.evaluation import Evaluation
from models.model_card import write_card
from models.review_sentiment.dataset import TrainingSet


def model_card(evaluation: Evaluation, training_set: TrainingSet) -> str:
    """Markdown: what it does, data, figures beside baselines, limits."""
    reviews = training_set.reviews
    return write_card(
        title="Reviews: tone of words",
        summary="Says of a sentence whether it praises, complains or does both: logistic regression over TF-IDF of pieces of two "
        "to five letters, taught by the stars of this shop's own reviews, in whatever languages they are written. Rare "
        "tones weigh up to as much as frequent ones, as far as that finds them. No lexicon and no model from elsewhere.",
        data=f"{len(reviews):,} reviews with words written before {training_set.until:%Y-%m-%d %H:%M} UTC, "
        f"{(reviews['rating'] <= 2).mean():.0%} of one or two stars, {(reviews['rating'] == 3).mean():.0%} of three.",
        evaluation=evaluation,
        limits=(
            "Stars are of the whole review: a sentence of praise in a bad review teaches the wrong tone, and irony is not seen.",
            "Three stars are hardly told from their neighbours.",
        ),
    )
