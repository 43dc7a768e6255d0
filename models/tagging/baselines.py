"""What a tagger has to beat: the largest category, the names of the categories, and the most similar known title."""

from collections.abc import Sequence

import numpy as np

from models.tagging.categories import CategoryTree
from models.tagging.text import Vocabulary, normalised


def majority(labels: Sequence[str], count: int) -> list[str]:
    """The most frequent label, `count` times."""
    names, counts = np.unique(np.asarray(labels, dtype=object).astype(str), return_counts=True)
    return [str(names[counts.argmax()])] * count


def category_words(titles: Sequence[str], labels: Sequence[str], tree: CategoryTree) -> list[str]:
    """The category whose path shares most words with the title, as a plain search would find it; else the largest one."""
    words = {category: {_stem(word) for word in normalised(tree.path(category)).split()} for category in sorted(set(labels))}
    fallback = majority(labels, 1)[0]
    answers: list[str] = []
    for title in titles:
        known = {_stem(word) for word in normalised(title).split()}
        shared = {category: len(known & own) / len(own) for category, own in words.items() if known & own}
        answers.append(max(shared, key=lambda category: shared[category]) if shared else fallback)
    return answers


def nearest_title(titles: Sequence[str], known_titles: Sequence[str], labels: Sequence[str], *, max_terms: int) -> list[str]:
    """The label of the known title with the most similar TF-IDF row."""
    vocabulary = Vocabulary.fit(known_titles, min_df=1, max_terms=max_terms)
    known, asked = vocabulary.transform(known_titles), vocabulary.transform(titles)
    step = max(1, 20_000_000 // max(len(known_titles), 1))
    best = [(asked[start : start + step] @ known.T).toarray().argmax(axis=1) for start in range(0, len(titles), step)]
    return [labels[int(row)] for row in np.concatenate(best)] if best else []


def _stem(word: str) -> str:
    # Categories are named in the plural, titles in the singular.
    return word[:-1] if len(word) > 3 and word.endswith("s") else word
