"""The model card of the tagging model."""

from models.evaluation import Evaluation
from models.model_card import write_card
from models.tagging.dataset import TrainingSet


def model_card(evaluation: Evaluation, training_set: TrainingSet) -> str:
    """Markdown: what it does, data, figures beside baselines, limits."""
    products = training_set.products
    return write_card(
        title="Tagging",
        summary="Suggests a category, colour, material, occasion, season and gender for a listing from its own words and, "
        "for colour, the pixels of its picture; it reads no stored feature. Linear machines over TF-IDF of words "
        "and pieces of words, with one calibrated probability per category; it falls back to a broader category "
        "and abstains when unsure. Attributes come with the words that state them or with the picture, or are "
        "marked as inferred, several colours, materials and occasions where words or picture show several; each "
        "category has those attributes that its listings have.",
        data=f"{len(products):,} listings in {products['category_id'].nunique()} categories until {training_set.until:%Y-%m-%d}.",
        evaluation=evaluation,
        limits=(
            "A value beside the one that a listing has counts as wrong here, though its seller may just not have said it.",
            "Another catalogue names colours and materials in its own way: train again before trusting the figures.",
        ),
    )
