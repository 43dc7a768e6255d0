"""What reviews say: their tone, learnt from the stars beside the words, and the themes that come back."""

from models.review_sentiment.batch import theme_frame, tone_frame
from models.review_sentiment.config import ReviewSentimentConfig
from models.review_sentiment.dataset import FEATURE_SERVICE, TONES, TrainingSet, load_training_set
from models.review_sentiment.evaluate import compare, evaluate
from models.review_sentiment.model import ReviewSentimentModel
from models.review_sentiment.model_card import model_card
from models.review_sentiment.themes import Theme, themes_of_sellers
from models.review_sentiment.train import train

__all__ = [
    "FEATURE_SERVICE",
    "TONES",
    "ReviewSentimentConfig",
    "ReviewSentimentModel",
    "Theme",
    "TrainingSet",
    "compare",
    "evaluate",
    "load_training_set",
    "model_card",
    "theme_frame",
    "themes_of_sellers",
    "tone_frame",
    "train",
]
