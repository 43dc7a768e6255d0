"""What is fitted on known titles: the platform's linear machines over words and pieces of words, and plain baselines."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from models.tagging.config import TaggingConfig
from models.tagging.own_words import OwnWords, lacks_own_words, learn_own_words
from models.tagging.text import normalised
from models.tagging.train import fit_classes

SERVED = "linear_tfidf"
# A term of one title alone tells nothing of others, and thousands of titles have many such.
_CONFIG = TaggingConfig(min_df=2)
_FEW_TITLES = 2_000
_CELLS = 10_000_000
# The score of a label that was not learnt, below that of any other.
_NEVER = -1e3

Floats = npt.NDArray[np.float64]
Score = Callable[[Sequence[str]], Floats]


@dataclass(frozen=True)
class Known:
    """Titles with the code of their label (0 to `label_count` - 1) and the group that they must not be torn from.

    `names` are what each label is called, from the broadest level to its own.
    """

    texts: Sequence[str]
    codes: npt.NDArray[np.int64]
    units: Sequence[str]
    label_count: int
    seed: int
    names: Sequence[Sequence[str]]


def methods() -> Mapping[str, Callable[[Known], Score]]:
    """How each model is fitted, by name; each then gives one score per title and label, the higher the likelier."""
    return {
        SERVED: _fit_served,
        "word_tfidf_linear_svc": _fit_words,
        "nearest_title": _fit_nearest,
        "majority": _fit_majority,
    }


def _fit_served(known: Known) -> Score:
    """Logarithms of calibrated probabilities, up to what is equal for all labels of a title.

    A likeliest label whose own words the title lacks stays that, and nothing is sure of it: its lead is taken away.
    """
    config = replace(_CONFIG, min_df=_CONFIG.min_df if len(known.texts) >= _FEW_TITLES else 1, seed=known.seed)
    # Names of equal length keep the order of the codes.
    codes = [f"{code:08d}" for code in known.codes]
    names = {f"{code:08d}": known.names[code] for code in np.unique(known.codes)}
    vocabulary, fitted = fit_classes(known.texts, codes, known.units, names, config)
    classifier = fitted.classifier
    own = np.array([int(name) for name in classifier.classes])
    own_words = learn_own_words(known.texts, codes, names)

    def score(texts: Sequence[str]) -> Floats:
        scores = classifier.sharpness * classifier.margins(vocabulary.transform(texts))
        _take_leads(scores, texts, classifier.classes, own_words)
        return _spread(scores, own, known.label_count, _NEVER)

    return score


def _take_leads(scores: Floats, texts: Sequence[str], classes: Sequence[str], own_words: OwnWords) -> None:
    for row, best in enumerate(scores.argmax(axis=1).tolist()):
        if lacks_own_words(own_words, classes[best], texts[row]):
            scores[row, best] = np.nextafter(np.delete(scores[row], best).max(), np.inf)


def _fit_words(known: Known) -> Score:
    """Margins of support vector machines over single words."""
    from sklearn.svm import LinearSVC

    words = _words().fit(known.texts)
    machine = LinearSVC(random_state=known.seed).fit(words.transform(known.texts), known.codes)

    def score(texts: Sequence[str]) -> Floats:
        margins = machine.decision_function(words.transform(texts))
        if margins.ndim == 1:  # one machine decides between two
            margins = np.column_stack([-margins, margins])
        return _spread(margins, machine.classes_, known.label_count, _NEVER)

    return score


def _fit_nearest(known: Known) -> Score:
    """Per label the similarity of its most similar title."""
    words = _words().fit(known.texts)
    order = np.argsort(known.codes, kind="stable")
    own, starts = np.unique(known.codes[order], return_index=True)
    rows = words.transform(known.texts)[order].T.tocsr()
    step = max(1, _CELLS // max(len(order), 1))

    def score(texts: Sequence[str]) -> Floats:
        asked = words.transform(texts)
        parts = [
            np.maximum.reduceat((asked[start : start + step] @ rows).toarray(), starts, axis=1)
            for start in range(0, asked.shape[0], step)
        ]
        return _spread(np.concatenate(parts), own, known.label_count, _NEVER)

    return score


def _fit_majority(known: Known) -> Score:
    """How frequent each label is."""
    shares = np.bincount(known.codes, minlength=known.label_count) / len(known.codes)
    return lambda texts: np.tile(shares, (len(texts), 1))


def _words() -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(preprocessor=normalised, tokenizer=str.split, token_pattern=None, sublinear_tf=True)


def _spread(scores: npt.NDArray[Any], own: npt.NDArray[Any], label_count: int, missing: float) -> Floats:
    """Scores of the labels that were learnt among those of all."""
    spread = np.full((len(scores), label_count), missing)
    spread[:, own] = scores
    return spread
