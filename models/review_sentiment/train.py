"""From reviews to the tone of words; no input or output, and the same rows in any order give the same model."""

from typing import Any

import numpy as np
import pandas as pd

from marketplace.errors import EmptyTrainingSetError
from models.review_sentiment.config import ReviewSentimentConfig
from models.review_sentiment.dataset import TONES, TrainingSet, tones
from models.review_sentiment.figures import Labels, macro_f1
from models.review_sentiment.model import ReviewSentimentModel, vectoriser_of


def train(training_set: TrainingSet, config: ReviewSentimentConfig) -> ReviewSentimentModel:
    """The model of all reviews.

    Rare tones weigh more than they are frequent: most reviews praise, and the others are those that a seller needs to find.

    Raises:
        EmptyTrainingSetError: too few reviews with words, or all of one tone.
    """
    return fit(training_set.reviews, config)


def fit(reviews: pd.DataFrame, config: ReviewSentimentConfig) -> ReviewSentimentModel:
    """The model of these reviews."""
    reviews = reviews.sort_values(["reviewed_at", "review_id"])
    labels = tones(reviews["rating"])
    if len(reviews) < config.min_reviews or len(np.unique(labels)) < 2:
        raise EmptyTrainingSetError(
            f"the tone of reviews needs {config.min_reviews} reviews with words and of two tones, {len(reviews)} came"
            f"{_only(labels)}; wait for more reviews"
        )
    balance = _choose_balance(reviews["text"].to_numpy(), labels, config)
    vectoriser = vectoriser_of(config)
    machine = _fitted(vectoriser.fit_transform(reviews["text"]), labels, balance, config)
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


def _choose_balance(texts: Any, labels: Labels, config: ReviewSentimentConfig) -> float:
    """The least balance, or the most where that clearly tells tones better on the newest reviews, learnt from the others."""
    least, most = config.balance_steps
    cut = len(labels) - int(len(labels) * config.test_share)
    if len(np.unique(labels[:cut])) < 2:
        return least
    vectoriser = vectoriser_of(config)
    known, newest = vectoriser.fit_transform(texts[:cut]), vectoriser.transform(texts[cut:])
    figures = []
    for balance in (least, most):
        said = _fitted(known, labels[:cut], balance, config).predict(newest)
        figures.append(macro_f1(labels[cut:], np.asarray(said, dtype=np.intp)))
    return most if figures[1] >= figures[0] + config.least_gain else least


def _fitted(rows: Any, labels: Labels, balance: float, config: ReviewSentimentConfig) -> Any:
    from sklearn.linear_model import LogisticRegression

    share = np.bincount(labels, minlength=len(TONES)) / len(labels)
    weights = np.where(share > 0, share, 1.0)[labels] ** -balance
    machine = LogisticRegression(C=config.C, max_iter=config.max_iter, random_state=config.seed)
    return machine.fit(rows, labels, sample_weight=weights / weights.mean())


def _only(labels: Labels) -> str:
    found = np.unique(labels)
    return f", all of them {TONES[found[0]]}" if len(found) == 1 else ""
