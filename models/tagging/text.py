"""Titles as terms, and terms as TF-IDF rows; written here because scikit-learn's `\\w` cuts Bengali words at vowel signs."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

# A word is whatever lies between blanks and punctuation of ASCII, Latin and Bengali; combining vowel signs stay inside.
_WORD = re.compile(r"[^\s!-/:-@\[-`{-~\u00a1-\u00bf\u2010-\u205e\u0964\u0965]+")
CHARACTER_GRAMS = (3, 4, 5)


def normalised(text: str) -> str:
    """Lower case in one Unicode form, words parted by one blank; titles that differ in less are the same title."""
    return " ".join(_WORD.findall(unicodedata.normalize("NFC", text).casefold()))


def terms(text: str) -> list[str]:
    """Words, pairs of neighbouring words, and pieces of three to five characters within word bounds."""
    words = normalised(text).split()
    pairs = [f"{one} {two}" for one, two in pairwise(words)]
    pieces = [
        f"#{padded[start : start + size]}"
        for padded in (f" {word} " for word in words)
        for size in CHARACTER_GRAMS
        for start in range(len(padded) - size + 1)
    ]
    return words + pairs + pieces


@dataclass(frozen=True)
class Vocabulary:
    """Known terms with their column, and how telling each is (inverse document frequency)."""

    columns: dict[str, int]
    idf: npt.NDArray[np.float32]

    @classmethod
    def fit(cls, texts: Iterable[str], *, min_df: int, max_terms: int) -> "Vocabulary":
        """The most frequent terms of `texts`, ties by spelling, so that equal texts give equal columns."""
        count = 0
        frequency: Counter[str] = Counter()
        for text in texts:
            frequency.update(set(terms(text)))
            count += 1
        kept = sorted((term for term, seen in frequency.items() if seen >= min_df), key=lambda term: (-frequency[term], term))
        kept = kept[:max_terms]
        idf = np.array([np.log((1 + count) / (1 + frequency[term])) + 1 for term in kept], dtype=np.float32)
        return cls({term: column for column, term in enumerate(kept)}, idf)

    def transform(self, texts: Sequence[str]) -> csr_array:
        """One row of unit length per text; a text without a known term is an empty row."""
        columns: list[int] = []
        values: list[float] = []
        starts = [0]
        for text in texts:
            known = Counter(column for term in terms(text) if (column := self.columns.get(term)) is not None)
            columns.extend(known)
            weights = (1 + np.log(np.fromiter(known.values(), float, len(known)))) * self.idf[list(known)]
            values.extend(weights / (np.linalg.norm(weights) or 1.0))
            starts.append(len(columns))
        shape = (len(texts), len(self.columns))
        return csr_array(
            (np.array(values, dtype=np.float32), np.array(columns, dtype=np.int32), np.array(starts, dtype=np.int32)), shape=shape
        )
