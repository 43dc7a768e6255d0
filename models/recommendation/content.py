"""Likeness of the listings themselves: a product is comparable from the minute it is listed, before anybody saw it."""

import re

import numpy as np
import pandas as pd
from scipy import sparse

from marketplace.vocabulary import SEVERAL_VALUED
from models.further_values import further_values
from models.recommendation.attributes import ATTRIBUTES
from models.recommendation.collaborative import ItemToItem
from models.recommendation.config import RecommendationConfig
from models.recommendation.sources import FloatTable, keep_largest

WORD_COLUMNS = ("title", "description", "category_path")
_BLOCK_ROWS = 512


def listing_words(products: pd.DataFrame) -> pd.Series:
    """One text per product: its words, and each value of each attribute as one token such as `colour=blue`."""
    words = products[list(WORD_COLUMNS)].fillna("").astype(str).agg(" ".join, axis=1)
    for column in ATTRIBUTES:
        values = products[column].fillna("").astype(str).str.strip().str.lower().str.replace(r"\W+", "_", regex=True)
        words = words + np.where(values != "", " " + column + "=" + values, "")
    for column in SEVERAL_VALUED:
        further = further_values(products, column)
        words = words + ["".join(f" {column}={_one_word(value)}" for value in values) for values in further]
    return words


def _one_word(value: str) -> str:
    return re.sub(r"\W+", "_", value.strip().lower())


def fit_content(products: pd.DataFrame, config: RecommendationConfig) -> ItemToItem:
    """Cosine of TF-IDF, each product's nearest ones; a catalogue without words has no neighbours.

    Args:
        products: in the order of the model's products.
    """
    words = _word_table(products, config)
    if words is None:
        return ItemToItem(sparse.csr_matrix((len(products), len(products)), dtype=np.float32))
    return ItemToItem(nearest(words, config.content_neighbours))


def fit_word_vectors(products: pd.DataFrame, config: RecommendationConfig) -> FloatTable:
    """Product × dimension: listings in few dimensions (latent semantic analysis, Deerwester et al. 1990), each of length 1.

    Unlike the nearest listings they compare any two; a listing without a word of its own is zero.
    """
    from sklearn.decomposition import TruncatedSVD
    from sklearn.preprocessing import normalize

    words = _word_table(products, config)
    width = min(config.word_dimensions, min(words.shape) - 1) if words is not None else 0
    if words is None or width < 1:
        return np.zeros((len(products), 1), dtype=np.float32)
    found = TruncatedSVD(width, random_state=config.seed).fit_transform(words)
    return np.asarray(normalize(found), dtype=np.float32)


def _word_table(products: pd.DataFrame, config: RecommendationConfig) -> sparse.csr_matrix | None:
    """TF-IDF of the listings; None where no word occurs in enough of them."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(token_pattern=r"[^\s,.;:!?()>/]+", min_df=min(config.min_df, len(products)), sublinear_tf=True)
    try:
        return sparse.csr_matrix(vectorizer.fit_transform(listing_words(products)), dtype=np.float32)
    except ValueError:
        return None


def nearest(vectors: sparse.csr_matrix, count: int) -> sparse.csr_matrix:
    """Each row's `count` largest products with other rows.

    Block by block: generated listings share words with all others, and the whole table of pairs would be gigabytes.
    """
    blocks = []
    for start in range(0, vectors.shape[0], _BLOCK_ROWS):
        likeness = (vectors[start : start + _BLOCK_ROWS] @ vectors.T).toarray()
        np.fill_diagonal(likeness[:, start:], 0)
        if likeness.shape[1] > count:
            likeness[likeness < np.partition(likeness, -count, axis=1)[:, -count][:, None]] = 0
        blocks.append(keep_largest(sparse.csr_matrix(likeness), count))
    return sparse.csr_matrix(sparse.vstack(blocks))
