"""Who is likely to stay away, and what those who come are likely to spend: customers and sellers, some weeks ahead."""

from models.outlook.batch import customer_frame, decile_frame, seller_frame, total_frame
from models.outlook.config import OutlookConfig
from models.outlook.dataset import TrainingSet, load_training_set
from models.outlook.evaluate import compare, evaluate
from models.outlook.model import OutlookModel
from models.outlook.model_card import model_card
from models.outlook.train import train

__all__ = [
    "OutlookConfig",
    "OutlookModel",
    "TrainingSet",
    "compare",
    "customer_frame",
    "decile_frame",
    "evaluate",
    "load_training_set",
    "model_card",
    "seller_frame",
    "total_frame",
    "train",
]
