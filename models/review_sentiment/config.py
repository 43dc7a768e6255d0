"""Every number that the tone of reviews can be told."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ReviewSentimentConfig:
    """Pieces of words rather than words: they carry over between forms of a word, and any script has them.

    `test_share` of the reviews, the newest, are kept back when the model is judged.
    """

    seed: int = 7
    smallest_gram: int = 2
    largest_gram: int = 5
    min_df: int = 2
    max_terms: int = 60_000
    C: float = 1.0
    max_iter: int = 300

    # How far rare tones are weighed up to the frequent ones, as a power of their share: 1 makes all alike. More than the least is
    # taken where it tells tones better by `least_gain` of macro-F1 on the newest `test_share` of the reviews that teach.
    balance_steps: tuple[float, float] = (0.5, 1.0)
    least_gain: float = 0.01

    min_reviews: int = 100
    test_share: float = 0.25
