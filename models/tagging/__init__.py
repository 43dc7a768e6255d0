"""Tagging: category and attributes of a listing from its own words, with evidence, calibrated, able to abstain."""

from models.tagging.attributes import Attribute, Words
from models.tagging.categories import CategoryTree, RankedCategory
from models.tagging.config import TaggingConfig
from models.tagging.dataset import TrainingSet, load_training_set, make_training_set
from models.tagging.evaluate import compare, evaluate
from models.tagging.model import TaggingModel, Tags
from models.tagging.model_card import model_card
from models.tagging.schema import AttributeSchema
from models.tagging.train import train

__all__ = [
    "Attribute",
    "AttributeSchema",
    "CategoryTree",
    "RankedCategory",
    "TaggingConfig",
    "TaggingModel",
    "Tags",
    "TrainingSet",
    "Words",
    "compare",
    "evaluate",
    "load_training_set",
    "make_training_set",
    "model_card",
    "train",
]
