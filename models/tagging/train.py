"""From a training set to a tagging model; no input or output, and the same seed gives the same model."""

import numpy as np

from models.tagging.attributes import ATTRIBUTES, fit_attribute
from models.tagging.config import TaggingConfig
from models.tagging.dataset import TrainingSet, title_groups
from models.tagging.linear import fit_calibrated, threshold_for
from models.tagging.model import TaggingModel
from models.tagging.text import Vocabulary


def train(training_set: TrainingSet, config: TaggingConfig) -> TaggingModel:
    """The model of all listings; its thresholds come from folds in which a title is either seen or judged, never both."""
    products = training_set.products
    titles = products["title"].tolist()
    groups = title_groups(products)
    vocabulary = Vocabulary.fit(titles, min_df=config.min_df, max_terms=config.max_terms)
    rows = vocabulary.transform(titles)
    labels = products["category_id"].astype(str).tolist()
    fitted = fit_calibrated(rows, labels, groups, C=config.C, folds=config.folds, seed=config.seed)
    best = np.array(fitted.classifier.classes)[fitted.unseen_probabilities.argmax(axis=1)]
    threshold = threshold_for(
        fitted.unseen_probabilities.max(axis=1),
        best == np.array(labels),
        precision=config.target_precision,
        min_answers=min(config.min_answers, len(labels)),
    )
    listings = list(zip(titles, products["description"].fillna(""), strict=True))
    taggers = tuple(fit_attribute(name, listings, _values(products, name), rows, groups, config) for name in ATTRIBUTES)
    return TaggingModel(
        vocabulary=vocabulary,
        categories=fitted.classifier,
        # Where no threshold is good enough the model names no category on its own and only offers hints.
        category_threshold=threshold if threshold is not None else 1.01,
        tree=training_set.tree,
        taggers=taggers,
        training_cutoff=training_set.until,
    )


def _values(products: object, name: str) -> list[str | None]:
    column = products[name]  # type: ignore[index]
    return [str(value) if value is not None and value == value and value else None for value in column]
