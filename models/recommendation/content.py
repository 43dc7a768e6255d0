"""Likeness of the listings themselves: a product is comparable from the minute it is listed, before anybody saw it."""

import numpy as np
import pandas as pd
from scipy import sparse

from models.recommendation.collaborative import ItemToItem
from models.recommendation.config import RecommendationConfig
from models.recommendation.sources import keep_largest

WORD_COLUMNS = ("title", "description", "category_path")
ATTRIBUTE_COLUMNS = ("category_id", "seller_id", "colour", "material", "occasion")
_BLOCK_ROWS = 512


def listing_words(products: pd.DataFrame) -> pd.Series:
    """One text per product: its words, and each attribute as one token such as `colour=blue`."""
    words = products[list(WORD_COLUMNS)].fillna("").astype(str).agg(" ".join, axis=1)
    for column in ATTRIBUTE_COLUMNS:
        values = products[column].fillna("").astype(str).str.strip().str.lower().str.replace(r"\W+", "_", regex=True)
        words = words + np.where(values != "", " " + column + "=" + values, "")
    return words


def fit_content(products: pd.DataFrame, config: RecommendationConfig) -> ItemToItem:
    """Cosine of TF-IDF, each product's nearest ones; a catalogue without words has no neighbours.

    Args:
        products: in the order of the model's products.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    size = len(products)
    vectorizer = TfidfVectorizer(token_pattern=r"[^\s,.;:!?()>/]+", min_df=min(config.min_df, size), sublinear_tf=True)
    try:
        vectors = vectorizer.fit_transform(listing_words(products)).astype(np.float32)
    except ValueError:  # no word occurs in as many as min_df listings
        return ItemToItem(sparse.csr_matrix((size, size), dtype=np.float32))
    return ItemToItem(nearest(sparse.csr_matrix(vectors), config.content_neighbours))


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
