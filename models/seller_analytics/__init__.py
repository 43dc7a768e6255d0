"""What a seller's next days are likely to bring."""

from models.seller_analytics.batch import forecast_frame
from models.seller_analytics.config import SellerAnalyticsConfig
from models.seller_analytics.dataset import FEATURE_SERVICE, TrainingSet, load_training_set
from models.seller_analytics.evaluate import compare, evaluate
from models.seller_analytics.model import Forecast, ForecastDay, SellerAnalyticsModel
from models.seller_analytics.model_card import model_card
from models.seller_analytics.products import product_frame
from models.seller_analytics.train import as_of, train

__all__ = [
    "FEATURE_SERVICE",
    "Forecast",
    "ForecastDay",
    "SellerAnalyticsConfig",
    "SellerAnalyticsModel",
    "TrainingSet",
    "as_of",
    "compare",
    "evaluate",
    "forecast_frame",
    "load_training_set",
    "model_card",
    "product_frame",
    "train",
]
