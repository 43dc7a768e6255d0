"""Reviews with words, and the tone that their stars stand for."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from marketplace.errors import MissingColumnsError
from marketplace.review_words import HAS_WORDS, TEXT
from marketplace.warehouse import Warehouse

COLUMNS = ("review_id", "text", "rating", "reviewed_at")
TONES = ("negative", "mixed", "positive")
# The words are all that the model reads; no feature is looked up.
FEATURE_SERVICE = "none"


@dataclass(frozen=True)
class TrainingSet:
    """Reviews written before `until`: `text` is title and body, `rating` 1 to 5; any order."""

    reviews: pd.DataFrame
    until: pd.Timestamp

    def __post_init__(self) -> None:
        if missing := sorted(set(COLUMNS) - set(self.reviews.columns)):
            raise MissingColumnsError(f"reviews lack {', '.join(missing)}; they hold {', '.join(self.reviews.columns)}")


def tones(ratings: pd.Series) -> NDArray[np.intp]:
    """Position in `TONES` of each rating: one and two stars, three, four and five."""
    return np.asarray(np.digitize(ratings.to_numpy(), [3, 4]), dtype=np.intp)


def load_training_set(warehouse: Warehouse, *, until: datetime) -> TrainingSet:
    """Reviews of the marts that say something, in the order in which they were written."""
    instant = pd.Timestamp(until).isoformat()
    frame = warehouse.read(
        f"select review_id, {TEXT} as text, rating, reviewed_at from marts.fct_reviews"
        f" where {HAS_WORDS} and reviewed_at < timestamptz '{instant}' order by reviewed_at, review_id"
    )
    return TrainingSet(frame, pd.Timestamp(until))
