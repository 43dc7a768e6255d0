"""Titles as terms, and terms as TF-IDF rows, thousands of titles at a time.

Written here for two reasons: scikit-learn's `\\w` cuts Bengali words at their vowel signs, and its analyser walks through each
title's pieces in Python. Here all titles are one array of code points, a term is a span of it, and a span's hash is the
difference of two prefix sums (Rabin and Karp), so that finding terms costs some microseconds a title.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

Ints = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]

# A word is whatever lies between blanks and punctuation of ASCII, Latin and Bengali; combining vowel signs stay inside.
WORD = re.compile(r"[^\s!-/:-@\[-`{-~\u00a1-\u00bf\u2010-\u205e\u0964\u0965]+")
CHARACTER_GRAMS = (3, 4, 5)

# Words, pairs and pieces fall into so many buckets each; of 50,000 terms one in forty shares its bucket with another.
_BITS = 21
_WORDS, _PAIRS, _PIECES = range(3)
_BASE = np.uint64(0x9E3779B97F4A7C15)
_BASE_INVERSE = np.uint64(pow(0x9E3779B97F4A7C15, -1, 2**64))
_MIX = np.uint64(0xD6E8FEB86659FD93)
_BLANK = ord(" ")


def normalised(text: str) -> str:
    """Lower case in one Unicode form, words parted by one blank; titles that differ in less are the same title."""
    return " ".join(WORD.findall(unicodedata.normalize("NFC", text).casefold()))


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
    """The buckets of known terms, sorted, words before pairs before pieces, and how telling each is; a column each."""

    buckets: npt.NDArray[np.int32]
    idf: npt.NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.buckets)

    @property
    def word_count(self) -> int:
        """How many of the first columns are single words."""
        return int(np.searchsorted(self.buckets, _PAIRS << _BITS))

    @classmethod
    def fit(cls, texts: Sequence[str], *, min_df: int, max_terms: int) -> "Vocabulary":
        """The most frequent terms of `texts`; a single word is kept however rare, pairs and pieces from `min_df` texts on."""
        rows, buckets = _occurrences(texts)
        width = np.int64(3 << _BITS)
        buckets, count = np.unique(np.unique(rows * width + buckets) % width, return_counts=True)
        is_kept = (count >= min_df) | (buckets < _PAIRS << _BITS)
        buckets, count = buckets[is_kept], count[is_kept]
        kept = np.sort(np.argsort(-count, kind="stable")[:max_terms])
        idf = np.log((1 + len(texts)) / (1 + count[kept])) + 1
        return cls(buckets[kept].astype(np.int32), idf.astype(np.float32))

    def transform(self, texts: Sequence[str]) -> csr_array:
        """One row per text, in which its words have length one together, and so have its pieces; pairs are scaled as words.

        The row of a text without a known term is empty.
        """
        width = max(len(self), 1)
        rows, buckets = _occurrences(texts)
        column = np.searchsorted(self.buckets, buckets).clip(max=width - 1)
        is_known = self.buckets[column] == buckets if len(self) else np.zeros(len(buckets), bool)
        keys, counts = np.unique(rows[is_known] * width + column[is_known], return_counts=True)
        rows, column = np.divmod(keys, width)
        values = (1 + np.log(counts)) * self.idf[column]
        kind = self.buckets[column] >> _BITS
        squares = np.where(kind == _PAIRS, 0.0, values**2)
        block = 2 * rows + (kind == _PIECES)
        length = np.sqrt(np.bincount(block, weights=squares, minlength=2 * len(texts)))
        # Neighbours make a known pair of two words that are known themselves, but for words dropped from a full vocabulary.
        values = (values / np.where(length > 0, length, 1.0)[block]).astype(np.float32)
        starts = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=len(texts)))])
        return csr_array((values, column.astype(np.int32), starts.astype(np.int32)), shape=(len(texts), len(self)))


def _occurrences(texts: Sequence[str]) -> tuple[Ints, Ints]:
    """Row and bucket of each term of each text, as often as it occurs."""
    words = [WORD.findall(unicodedata.normalize("NFC", text).casefold()) for text in texts]
    codes = np.frombuffer((" " + " ".join([word for of in words for word in of]) + " ").encode("utf-32-le"), np.uint32)
    row = np.repeat(np.arange(len(words)), np.fromiter(map(len, words), np.int64, len(words)))
    if not len(row):
        return row, row
    blanks = np.flatnonzero(codes == _BLANK)
    start, end = blanks[:-1] + 1, blanks[1:]
    hashed = _span_hashes(codes)
    is_pair = row[:-1] == row[1:]
    rows = [row, row[:-1][is_pair]]
    buckets = [hashed(start, end, _WORDS), hashed(start[:-1][is_pair], end[1:][is_pair], _PAIRS)]
    # The pieces that begin at the blank before a word or inside it end at the latest with the blank after it.
    length = end - start + 1
    first = np.repeat(start - 1 - np.concatenate([[0], np.cumsum(length)[:-1]]), length) + np.arange(length.sum())
    last, of = np.repeat(end + 1, length), np.repeat(row, length)
    for size in CHARACTER_GRAMS:
        fits = first + size <= last
        rows.append(of[fits])
        buckets.append(hashed(first[fits], first[fits] + size, _PIECES))
    return np.concatenate(rows), np.concatenate(buckets)


def _span_hashes(codes: npt.NDArray[np.uint32]) -> Callable[[Ints, Ints, int], Ints]:
    """A function from the starts and ends of spans and their kind to buckets; arithmetic on arrays is modulo 2**64 and wraps."""
    power = np.cumprod(np.append(np.uint64(1), np.full(len(codes), _BASE)), dtype=np.uint64)
    inverse = np.cumprod(np.append(np.uint64(1), np.full(len(codes), _BASE_INVERSE)), dtype=np.uint64)
    sums = np.append(np.uint64(0), np.cumsum((codes.astype(np.uint64) + np.uint64(1)) * power[:-1], dtype=np.uint64))

    def hashed(start: Ints, end: Ints, kind: int) -> Ints:
        value: Hashes = (sums[end] - sums[start]) * inverse[start]
        for _ in range(2):
            value ^= value >> np.uint64(32)
            value *= _MIX
        return np.asarray(value >> np.uint64(64 - _BITS), dtype=np.int64) + (kind << _BITS)

    return hashed
