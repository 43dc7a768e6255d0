"""Words of a category's own name that all its listings say: a title without them is of another one, however alike.

A linear machine cannot learn that a word is needed. "Rockmantra Coffee Mugs" wins the coffee mugs of every other maker, and the
surer the more of its own it has seen.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from models.tagging.text import normalised

# What fewer titles have in common is chance.
_FEWEST_TITLES = 5

OwnWords = Mapping[str, frozenset[str]]


def learn_own_words(titles: Sequence[str], labels: Sequence[str], names: Mapping[str, Sequence[str]]) -> OwnWords:
    """By class, those words of its own name that each of its titles has; classes without any are left out.

    Args:
        names: what each class is called, from the broadest to its own name.
    """
    counts = dict.fromkeys(names, 0)
    shared = {label: frozenset(normalised(of[-1]).split()) for label, of in names.items()}
    for title, label in zip(titles, labels, strict=True):
        counts[label] += 1
        if shared[label]:
            shared[label] &= _words(title)
    return {label: words for label, words in shared.items() if words and counts[label] >= _FEWEST_TITLES}


def lacks_own_words(own_words: OwnWords, label: str, title: str) -> bool:
    """Whether the title does without a word that every title of the class has."""
    own = own_words.get(label)
    return own is not None and not own <= _words(title)


def lacking(own_words: OwnWords, labels: Sequence[str], titles: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Per title and label, whether the title lacks own words of the label."""
    own = [own_words.get(label, frozenset()) for label in labels]
    return np.array([[not needed <= words for needed in own] for words in map(_words, titles)], dtype=bool)


def _words(title: str) -> frozenset[str]:
    return frozenset(normalised(title).split())
