"""From reviews to the tone of words; no input or output, and the same rows in any order give the same model."""

import numpy as np
import pandas as pd

from marketplace.errors import EmptyTrainingSetError
from models.review_sentiment.config import ReviewSentimentConfig
from models.review_sentiment.dataset import TrainingSet, tones
from models.review_sentiment.model import ReviewSentimentModel, vectoriser_of


def train(training_set: TrainingSet, config: ReviewSentimentConfig) -> ReviewSentimentModel:
    """The model of all reviews.

    Tones weigh alike, however rare: most reviews praise, and the others are those that a seller needs to find.

    Raises:
        EmptyTrainingSetError: too few reviews with words, or all of one tone.
    """
    return fit(training_set.reviews, config)


def fit(reviews: pd.DataFrame, config: ReviewSentimentConfig) -> ReviewSentimentModel:
    """The model of these reviews."""
    from sklearn.linear_model import LogisticRegression

    reviews = reviews.sort_values(["reviewed_at", "review_id"])
    labels = tones(reviews["rating"])
    if len(reviews) < config.min_reviews or len(np.unique(labels)) < 2:
        raise EmptyTrainingSetError(
            f"the tone of reviews needs {config.min_reviews} reviews with words and of two tones, {len(reviews)} came; "
            "wait for more reviews"
        )
    vectoriser = vectoriser_of(config)
    rows = vectoriser.fit_transform(reviews["text"])
    machine = LogisticRegression(C=config.C, class_weight="balanced", max_iter=config.max_iter, random_state=config.seed)
    machine.fit(rows, labels)
    weights, intercepts = machine.coef_, machine.intercept_
    if len(machine.classes_) == 2:  # one function decides between two tones: half of it for each gives the same odds
        weights, intercepts = np.vstack([-weights, weights]) / 2, np.concatenate([-intercepts, intercepts]) / 2
    return ReviewSentimentModel(
        config=config,
        terms=tuple(vectoriser.get_feature_names_out().tolist()),
        idf=np.asarray(vectoriser.idf_, dtype=np.float64),
        tones=np.asarray(machine.classes_, dtype=np.intp),
        weights=np.ascontiguousarray(weights.T),
        intercepts=intercepts,
        trained_until=pd.Timestamp(reviews["reviewed_at"].max()).isoformat(),
    )
