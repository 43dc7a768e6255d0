"""Judgement on the newest reviews: our tone beside the commonest one, naive Bayes over words, and the length of the text."""

from typing import Any

import numpy as np
import pandas as pd

from models.evaluation import Evaluation, MethodResult, Metric
from models.metrics.bootstrap import bootstrap_statistic
from models.review_sentiment.config import ReviewSentimentConfig
from models.review_sentiment.dataset import TONES, TrainingSet, tones
from models.review_sentiment.figures import Labels, macro_f1
from models.review_sentiment.model import ReviewSentimentModel
from models.review_sentiment.train import fit

PRIMARY_METRIC = "macro_f1"
SERVED, BASELINE = "word_pieces", "naive_bayes_words"


def evaluate(training_set: TrainingSet, config: ReviewSentimentConfig) -> Evaluation:
    """Every method fitted on the older reviews, judged on the newest `test_share`; intervals draw reviews.

    Raises:
        EmptyTrainingSetError: too few reviews with words, or all of one tone.
    """
    known, test = _split(training_set, config)
    model = fit(known, config)
    truth, taught = tones(test["rating"]), tones(known["rating"])
    said = {
        SERVED: model.probabilities(test["text"].tolist()).argmax(axis=1),
        BASELINE: _naive_bayes(known, taught, test),
        "text_length": _by_length(known, taught, test),
        "commonest_tone": np.full(len(truth), np.bincount(taught).argmax()),
    }
    is_new = ~test["text"].isin(set(known["text"])).to_numpy()
    seen, new = np.flatnonzero(~is_new), np.flatnonzero(is_new)
    shares = np.bincount(truth, minlength=len(TONES)) / len(truth)
    return Evaluation(
        task="review_sentiment",
        primary_metric=PRIMARY_METRIC,
        methods=tuple(MethodResult(name, _figures(truth, made, config), name == SERVED) for name, made in said.items()),
        baseline=BASELINE,
        difference=_gain(truth, said[SERVED], said[BASELINE], config),
        row_count=len(training_set.reviews),
        slices={
            name: _figures(truth[rows], said[SERVED][rows], config)
            for name, rows in (("text_seen_in_training", seen), ("text_not_seen", new))
            if len(rows) > 1
        },
        notes=(
            f"{len(known)} reviews taught, {len(test)} newer ones judged; tones among these: "
            + ", ".join(f"{name} {share:.0%}" for name, share in zip(TONES, shares, strict=True)),
        ),
    )


def compare(challenger: ReviewSentimentModel, champion: ReviewSentimentModel, training_set: TrainingSet) -> Metric:
    """The challenger's macro-F1 minus the champion's on the newest reviews; positive favours the challenger.

    A model that was taught with reviews of that stretch is fitted again without them, by its own configuration.
    """
    known, test = _split(training_set, challenger.config)
    truth, starts = tones(test["rating"]), test["reviewed_at"].min()
    judged = [
        model if pd.Timestamp(model.trained_until) < starts else fit(known, model.config) for model in (challenger, champion)
    ]
    ours, theirs = (model.probabilities(test["text"].tolist()).argmax(axis=1) for model in judged)
    return _gain(truth, ours, theirs, challenger.config)


def _split(training_set: TrainingSet, config: ReviewSentimentConfig) -> tuple[pd.DataFrame, pd.DataFrame]:
    reviews = training_set.reviews.sort_values(["reviewed_at", "review_id"]).reset_index(drop=True)
    cut = len(reviews) - int(len(reviews) * config.test_share)
    return reviews[:cut], reviews[cut:]


def _figures(truth: Labels, said: Labels, config: ReviewSentimentConfig) -> dict[str, Metric]:
    def over_reviews(figure: Any) -> Metric:
        return bootstrap_statistic(lambda rows: figure(truth[rows], said[rows]), len(truth), seed=config.seed)

    return {"macro_f1": over_reviews(macro_f1), "accuracy": over_reviews(lambda came, made: float((came == made).mean()))}


def _gain(truth: Labels, ours: Labels, theirs: Labels, config: ReviewSentimentConfig) -> Metric:
    return bootstrap_statistic(
        lambda rows: macro_f1(truth[rows], ours[rows]) - macro_f1(truth[rows], theirs[rows]), len(truth), seed=config.seed
    )


def _naive_bayes(known: pd.DataFrame, taught: Labels, test: pd.DataFrame) -> Labels:
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.naive_bayes import MultinomialNB

    words = CountVectorizer(token_pattern=r"\S+")
    machine = MultinomialNB().fit(words.fit_transform(known["text"]), taught)
    return np.asarray(machine.predict(words.transform(test["text"])), dtype=np.intp)


def _by_length(known: pd.DataFrame, taught: Labels, test: pd.DataFrame) -> Labels:
    from sklearn.tree import DecisionTreeClassifier

    tree = DecisionTreeClassifier(max_depth=3, min_samples_leaf=20, class_weight="balanced", random_state=0)
    tree.fit(known["text"].str.len().to_frame(), taught)
    return np.asarray(tree.predict(test["text"].str.len().to_frame()), dtype=np.intp)
