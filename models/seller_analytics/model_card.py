"""The model card of the forecast."""

from models.evaluation import Evaluation
from models.model_card import write_card
from models.seller_analytics.dataset import TrainingSet


def model_card(evaluation: Evaluation, training_set: TrainingSet) -> str:
    """Markdown: what it does, data, figures beside baselines, limits."""
    days = training_set.seller_days
    return write_card(
        title="Seller analytics: daily revenue of sellers, weekly units of products",
        summary="Foretells each seller's revenue per day: a level that forgets exponentially, times a weekday pattern drawn "
        "towards that of all sellers, and on along a trend or as in earlier years where that errs clearly less. All is chosen on "
        "windows before those below; bands are split-conformal. "
        "Each product's units per week by LightGBM's quantiles over all products together, where these err less than smoothed "
        "levels on past windows; the forecast to stock by lies between median and upper quantile where its sum is right.",
        data=f"{len(days):,} days of {days['seller_id'].nunique():,} sellers, over before {training_set.until:%Y-%m-%d %H:%M} "
        f"UTC, {(days['revenue_minor'] > 0).mean():.0%} of them with sales.",
        evaluation=evaluation,
        limits=(
            "No promotions or price changes; of holidays only what came at this time of earlier years, once that helped lately.",
            "Restock advice does not know of orders on their way; how often stock bought at 95 % for four weeks met demand is "
            "stock_met_at_95 above, and where sales grow it is less than promised.",
            "Refunds that arrive later restate past days, and so the next forecast.",
        ),
    )
