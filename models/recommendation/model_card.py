"""The model card of the recommender."""

from models.evaluation import Evaluation
from models.model_card import write_card
from models.recommendation.dataset import TrainingSet


def model_card(evaluation: Evaluation, training_set: TrainingSet) -> str:
    """Markdown: what it does, data, figures beside baselines, slices, limits."""
    interactions = training_set.interactions
    kinds = interactions["interaction_type"].value_counts().sort_index()
    return write_card(
        title="Recommendation",
        summary="Orders products for a shopper in two stages. Trending, trending in the shopper's categories, implicit ALS, "
        "nearest shoppers, co-visitation (BM25 item-to-item), what follows on later days, EASE and content (TF-IDF) each propose "
        "products; LightGBM's LambdaRank orders them, learned on label windows later than anything its sources saw. Where trees "
        "are not shown to order better than a weighted blend of the sources, the blend does. What the running session looks at "
        "adds where visits like it went on (past visits and co-visitation propose, trees of their own order) and content.",
        data=f"{len(interactions):,} interactions ({', '.join(f'{count:,} {kind}s' for kind, count in kinds.items())}) of "
        f"{interactions['customer_id'].nunique():,} customers with {len(training_set.products):,} products, known before "
        f"{training_set.until:%Y-%m-%d %H:%M} UTC.",
        evaluation=evaluation,
        limits=(
            "A product listed after the cutoff is unknown until the next training; from then on its listing alone places it.",
            "Of ten places one is kept for a product listed lately that hardly anybody had touched, where its listing is near to "
            "the shopper's taste: by what people do alone such products would never be shown.",
            "The weight of the running session is set, not learned; a customer's UTC day stands for a session when it is judged.",
            "Stock is not known here: whoever shows a list leaves out what cannot be bought.",
        ),
    )
