"""What is read in reviews ahead of time, for pages that must not wait."""

from dataclasses import astuple, fields

import pandas as pd

from models.review_sentiment.dataset import TONES
from models.review_sentiment.model import ReviewSentimentModel
from models.review_sentiment.themes import Theme, themes_of_sellers


def tone_frame(model: ReviewSentimentModel, reviews: pd.DataFrame) -> pd.DataFrame:
    """Rows for `predictions.review_tones`: the likeliest tone of each review and its probability."""
    probabilities = model.probabilities(reviews["text"].tolist())
    return reviews[["review_id", "seller_id"]].assign(
        tone=[TONES[place] for place in probabilities.argmax(axis=1)], probability=probabilities.max(axis=1)
    )


def theme_frame(model: ReviewSentimentModel, reviews: pd.DataFrame) -> pd.DataFrame:
    """Rows for `predictions.review_themes`, the columns there even where nobody has a theme."""
    rows = [astuple(theme) for theme in themes_of_sellers(model, reviews)]
    frame = pd.DataFrame(rows, columns=[field.name for field in fields(Theme)])
    return frame.assign(review_ids=frame["review_ids"].map(list))
