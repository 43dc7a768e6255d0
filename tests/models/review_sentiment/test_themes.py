"""Themes of a few reviews that can be read through."""

import pandas as pd
import pytest

from models.review_sentiment import ReviewSentimentConfig, ReviewSentimentModel, TrainingSet, themes_of_sellers, train
from models.review_sentiment.batch import theme_frame
from tests.models.review_sentiment.test_model import UNTIL, reviews


@pytest.fixture(scope="module")
def model() -> ReviewSentimentModel:
    return train(TrainingSet(reviews(), UNTIL), ReviewSentimentConfig())


def said(seller_id: str, texts: list[tuple[str, int]], *, customers: int = 99) -> pd.DataFrame:
    """Reviews of one seller, the later the newer, by so many people in turn."""
    return pd.DataFrame(
        [
            (f"{seller_id}-{number}", seller_id, f"c{number % customers}", stars, text, UNTIL + pd.Timedelta(hours=number))
            for number, (text, stars) in enumerate(texts)
        ],
        columns=["review_id", "seller_id", "customer_id", "rating", "text", "reviewed_at"],
    )


def everybody() -> pd.DataFrame:
    """A shop in which most sentences praise, so that what complains stands out."""
    return said("others", [("Beautiful work. Lovely finish.", 5)] * 40 + [("Name spelled wrong.", 1)] * 20)


def test_what_several_people_say_is_a_theme_with_its_newest_reviews(model: ReviewSentimentModel) -> None:
    one = said("one", [("Name spelled wrong. Lovely finish.", 2)] * 3 + [("Lovely finish", 5)] * 4)
    found = [theme for theme in themes_of_sellers(model, pd.concat([everybody(), one])) if theme.seller_id == "one"]
    praise, complaint = found
    assert (praise.phrase, praise.kind, praise.review_count) == ("lovely finish", "praise", 7)
    assert praise.review_ids == tuple(f"one-{number}" for number in range(6, -1, -1))
    assert praise.star_mean == pytest.approx(26 / 7)
    assert (complaint.phrase, complaint.kind, complaint.review_count) == ("name spelled wrong", "complaint", 3)


def test_words_of_fewer_than_three_people_are_no_theme(model: ReviewSentimentModel) -> None:
    two = said("two", [("Name spelled wrong.", 1)] * 2)
    same = said("same", [("Name spelled wrong.", 1)] * 6, customers=2)
    found = themes_of_sellers(model, pd.concat([everybody(), two, same]))
    assert {theme.seller_id for theme in found} == {"others"}


def test_stars_have_the_last_word(model: ReviewSentimentModel) -> None:
    ironic = said("ironic", [("Name spelled wrong.", 5)] * 5)
    found = themes_of_sellers(model, pd.concat([everybody(), ironic]))
    assert not [theme for theme in found if theme.seller_id == "ironic"]


def test_a_shop_without_words_has_no_themes_and_still_its_columns(model: ReviewSentimentModel) -> None:
    frame = theme_frame(model, said("silent", [("!", 5), ("5", 4)]))
    assert frame.empty
    assert list(frame.columns) == ["seller_id", "phrase", "kind", "review_count", "star_mean", "review_ids"]
