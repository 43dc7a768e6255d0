"""What a seller's reviews speak of again and again, in praise or in complaint."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from models.review_sentiment.model import ReviewSentimentModel
from models.review_sentiment.phrases import leanings, phrases_of, sentences_of

# A theme is what several people say: fewer would be one person's words.
FEWEST_PEOPLE = 3
MOST_THEMES = 6
# The stars have the last word, for "not bad" may read like a complaint: the means between which each kind has to lie.
_STARS = {"praise": (3.0, 5.0), "complaint": (1.0, 4.0)}


@dataclass(frozen=True)
class Theme:
    """A phrase that at least `FEWEST_PEOPLE` wrote to one seller; `review_ids` are the reviews that hold it, newest first."""

    seller_id: str
    phrase: str
    kind: Literal["praise", "complaint"]
    review_count: int
    star_mean: float
    review_ids: tuple[str, ...]


@dataclass(frozen=True)
class _Mention:
    """A phrase, the reviews (rows) that hold it, and where: the same words in the same sentences are one theme."""

    phrase: str
    reviews: pd.DataFrame
    places: frozenset[tuple[int, str]]


def themes_of_sellers(model: ReviewSentimentModel, reviews: pd.DataFrame) -> Iterator[Theme]:
    """The themes of every seller, praise before complaints, those of most sentences first.

    Args:
        reviews: `review_id`, `seller_id`, `customer_id`, `rating`, `text`, `reviewed_at`; any order.
    """
    reviews = reviews.sort_values(["reviewed_at", "review_id"], ascending=False).reset_index(drop=True)
    written = [(row, sentence) for row, text in enumerate(reviews["text"]) for sentence in sentences_of(text)]
    if not written:
        return
    distinct = sorted({sentence for _, sentence in written})
    tone = dict(zip(distinct, model.probabilities(distinct).argmax(axis=1).tolist(), strict=True))
    phrases = {sentence: phrases_of(sentence) for sentence in distinct}
    leaning = leanings([sentence for _, sentence in written], phrases, tone)
    said: dict[str, dict[str, set[tuple[int, str]]]] = defaultdict(lambda: defaultdict(set))
    sellers = reviews["seller_id"].tolist()
    for row, sentence in written:
        for phrase in phrases[sentence] & leaning.keys():
            said[sellers[row]][phrase].add((row, sentence))
    for seller_id in sorted(said):
        mentions = _distinct_mentions(said[seller_id], leaning, reviews)
        yield from _themes(seller_id, [one for one in mentions if leaning[one.phrase] < 0], "praise")
        yield from _themes(seller_id, [one for one in mentions if leaning[one.phrase] > 0], "complaint")


def _distinct_mentions(
    said: Mapping[str, set[tuple[int, str]]], leaning: Mapping[str, float], reviews: pd.DataFrame
) -> list[_Mention]:
    """What enough people said; a phrase of mostly the same sentences as a longer or more frequent one is left out."""
    kept: list[_Mention] = []
    for phrase in sorted(said, key=lambda one: (-len(said[one]), -len(one.split()), -abs(leaning[one]), one)):
        places = frozenset(said[phrase])
        holding = reviews.iloc[sorted({row for row, _ in places})]
        is_covered = any(len(places & other.places) > len(places) / 2 for other in kept)
        if not is_covered and holding["customer_id"].nunique() >= FEWEST_PEOPLE:
            kept.append(_Mention(phrase, holding, places))
    return kept


def _themes(seller_id: str, mentions: list[_Mention], kind: Literal["praise", "complaint"]) -> Iterator[Theme]:
    low, high = _STARS[kind]
    agreeing = [(one, stars) for one in mentions if low <= (stars := float(one.reviews["rating"].mean())) <= high]
    for one, stars in agreeing[:MOST_THEMES]:
        yield Theme(seller_id, one.phrase, kind, len(one.reviews), stars, tuple(one.reviews["review_id"]))
