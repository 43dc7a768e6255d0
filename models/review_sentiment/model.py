"""The fitted tone of words: TF-IDF of pieces of words and a logistic regression, as plain arrays."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.review_sentiment.config import ReviewSentimentConfig
from models.review_sentiment.dataset import TONES

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ReviewSentimentModel:
    """Weights over known pieces of words; `trained_until` is the newest review that it has seen, in ISO form.

    Attributes:
        tones: positions in `TONES` of the columns of `weights`; a tone that training never saw has no column.
    """

    config: ReviewSentimentConfig
    terms: tuple[str, ...]
    idf: Floats
    tones: NDArray[np.intp]
    weights: Floats
    intercepts: Floats
    trained_until: str

    def probabilities(self, texts: Sequence[str]) -> Floats:
        """One row per text, one column per tone of `TONES`; each row adds up to one."""
        scores = self._vectoriser.transform(texts) @ self.weights + self.intercepts
        scores = np.exp(scores - scores.max(axis=1, keepdims=True))
        found = np.zeros((len(texts), len(TONES)))
        found[:, self.tones] = scores / scores.sum(axis=1, keepdims=True)
        return found

    def save(self, folder: Path) -> None:
        """Write `model.json` and `arrays.npz` into `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        facts = {"config": asdict(self.config), "trained_until": self.trained_until, "terms": self.terms}
        (folder / "model.json").write_text(json.dumps(facts, ensure_ascii=False))
        np.savez(folder / "arrays.npz", **{name: getattr(self, name) for name in _ARRAYS})

    @classmethod
    def load(cls, folder: Path) -> ReviewSentimentModel:
        """The model that `save` wrote."""
        facts: dict[str, Any] = json.loads((folder / "model.json").read_text())
        with np.load(folder / "arrays.npz", allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        settings: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in facts["config"].items()
        }
        config = ReviewSentimentConfig(**settings)
        return cls(config=config, terms=tuple(facts["terms"]), trained_until=facts["trained_until"], **arrays)

    @cached_property
    def _vectoriser(self) -> Any:
        vectoriser = vectoriser_of(self.config, vocabulary={term: column for column, term in enumerate(self.terms)})
        vectoriser.idf_ = self.idf
        return vectoriser


_ARRAYS = ("idf", "tones", "weights", "intercepts")


def vectoriser_of(config: ReviewSentimentConfig, *, vocabulary: dict[str, int] | None = None) -> Any:
    """scikit-learn's TF-IDF of pieces of words, sublinear, rows of unit length."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(
        analyzer="char_wb",
        ngram_range=(config.smallest_gram, config.largest_gram),
        min_df=config.min_df if vocabulary is None else 1,
        max_features=config.max_terms if vocabulary is None else None,
        sublinear_tf=True,
        vocabulary=vocabulary,
    )
