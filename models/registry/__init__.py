"""The registry of trained models: which versions exist, which one serves, and their files.

Reading, promoting and rolling back are plain REST calls, so that a service need not import MLflow (180 MB, 3 s);
only `log_challenger` does.
"""

from models.registry.client import REFUSED, VERDICT_TAG, ModelRegistry
from models.registry.data_hash import data_hash
from models.registry.history import Action, Move
from models.registry.refusal import Refusal
from models.registry.rest import Alias, ModelVersion
from models.registry.retention import Retention

__all__ = [
    "REFUSED",
    "VERDICT_TAG",
    "Action",
    "Alias",
    "ModelRegistry",
    "ModelVersion",
    "Move",
    "Refusal",
    "Retention",
    "data_hash",
]
