"""Which products to show to whom, and why."""

from models.recommendation.batch import for_you_lists, precompute_lists
from models.recommendation.config import RecommendationConfig, SourceName
from models.recommendation.dataset import TrainingSet, load_training_set
from models.recommendation.evaluate import compare, evaluate
from models.recommendation.features import FEATURE_SERVICE
from models.recommendation.listing import Recommended
from models.recommendation.model import RecommendationModel
from models.recommendation.model_card import model_card
from models.recommendation.shelves import bought_together, buy_again, new_from_sellers
from models.recommendation.train import train

__all__ = [
    "FEATURE_SERVICE",
    "RecommendationConfig",
    "RecommendationModel",
    "Recommended",
    "SourceName",
    "TrainingSet",
    "bought_together",
    "buy_again",
    "compare",
    "evaluate",
    "for_you_lists",
    "load_training_set",
    "model_card",
    "new_from_sellers",
    "precompute_lists",
    "train",
]
