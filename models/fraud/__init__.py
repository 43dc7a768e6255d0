"""Fraud: the risk of a payment attempt, with reasons; LightGBM over an Isolation Forest, velocity and stored features."""

from models.fraud.config import Costs, FraudConfig
from models.fraud.dataset import TrainingSet, build_training_set, load_training_set, write_training_set
from models.fraud.decision import Thresholds, decide, risk_score
from models.fraud.evaluate import compare, evaluate
from models.fraud.features import FEATURE_SERVICE, FEATURES, request_data, serving_features, to_matrix
from models.fraud.model import FraudModel
from models.fraud.model_card import model_card
from models.fraud.reasons import reasons
from models.fraud.requests import requests
from models.fraud.train import train
from models.fraud.velocity import velocity

__all__ = [
    "FEATURES",
    "FEATURE_SERVICE",
    "Costs",
    "FraudConfig",
    "FraudModel",
    "Thresholds",
    "TrainingSet",
    "build_training_set",
    "compare",
    "decide",
    "evaluate",
    "load_training_set",
    "model_card",
    "reasons",
    "request_data",
    "requests",
    "risk_score",
    "serving_features",
    "to_matrix",
    "train",
    "velocity",
    "write_training_set",
]
