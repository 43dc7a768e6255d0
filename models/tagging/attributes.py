"""Colour, material and occasion of a listing: stated in its words, or inferred where the model is sure enough."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from models.tagging.colours import COLOURS
from models.tagging.config import TaggingConfig
from models.tagging.lexicon import Lexicon, Match
from models.tagging.linear import LinearClassifier, fit_calibrated, threshold_for
from models.tagging.materials import MATERIALS
from models.tagging.occasions import OCCASIONS

ATTRIBUTES: Mapping[str, Lexicon] = {"colour": COLOURS, "material": MATERIALS, "occasion": OCCASIONS}
# What the classifier says of a listing without the attribute.
NONE = ""
# How often a word tells the truth before any listing has been seen, and the least that is offered as evidence.
PRIOR_PRECISION = 0.9
MIN_PRECISION = 0.75


@dataclass(frozen=True)
class Attribute:
    """A value with its probability; the span counts characters of `listing_text` and is None where inferred."""

    attribute: str
    value: str
    probability: float
    evidence: str | None = None
    start: int | None = None
    end: int | None = None

    @property
    def is_inferred(self) -> bool:
        """Whether no word states the value."""
        return self.evidence is None


def listing_text(title: str, description: str) -> str:
    """Title and description on two lines: an offset within the title is also one of the title itself."""
    return f"{title}\n{description}" if description else title


@dataclass(frozen=True)
class AttributeTagger:
    """Finds one attribute; `precisions` tell how often a stated value was the listing's own in the training set."""

    name: str
    lexicon: Lexicon
    precisions: Mapping[str, float]
    classifier: LinearClassifier | None = None
    threshold: float | None = None

    def stated(self, title: str, description: str) -> Attribute | None:
        """The value that the words state: of several the one in the title, then the most reliable, then the longest."""
        text = listing_text(title, description)
        matches = [match for match in self.lexicon.find(text) if self.precision(match.value) >= MIN_PRECISION]
        if not matches:
            return None

        def rank(match: Match) -> tuple[bool, float, int, int]:
            return match.start < len(title), self.precision(match.value), match.end - match.start, -match.start

        best = max(matches, key=rank)
        words = text[best.start : best.end]
        return Attribute(self.name, best.value, self.precision(best.value), words, best.start, best.end)

    def inferred(self, row: csr_array) -> Attribute | None:
        """The value that the model infers from the title as a whole, if it is sure enough."""
        if self.classifier is None or self.threshold is None:
            return None
        probabilities = self.classifier.probabilities(row)[0]
        best = int(probabilities.argmax())
        value = self.classifier.classes[best]
        if value == NONE or probabilities[best] < self.threshold:
            return None
        return Attribute(self.name, value, float(probabilities[best]))

    def precision(self, value: str) -> float:
        """How often a stated `value` is right."""
        return self.precisions.get(value, PRIOR_PRECISION)


def fit_attribute(
    name: str,
    listings: Sequence[tuple[str, str]],
    values: Sequence[str | None],
    rows: csr_array,
    groups: Sequence[str],
    config: TaggingConfig,
) -> AttributeTagger:
    """A tagger in the catalogue's own values.

    Args:
        listings: title and description per listing. values: what the seller gave, None for nothing.
        rows: TF-IDF of the titles. groups: equal for equal titles.
    """
    known = [value for value in values if value]
    lexicon = ATTRIBUTES[name].adapted_to(known) if known else ATTRIBUTES[name]
    tagger = AttributeTagger(name, lexicon, _precisions(lexicon, listings, values, config))
    labels = [value or NONE for value in values]
    if len(set(labels)) < 2:
        return tagger
    fitted = fit_calibrated(rows, labels, groups, C=config.C, folds=config.folds, seed=config.seed)
    is_silent = np.array([tagger.stated(title, description) is None for title, description in listings])
    threshold = _threshold(fitted.classifier.classes, fitted.unseen_probabilities, labels, is_silent, config)
    return AttributeTagger(name, lexicon, tagger.precisions, fitted.classifier, threshold)


def _precisions(
    lexicon: Lexicon, listings: Sequence[tuple[str, str]], values: Sequence[str | None], config: TaggingConfig
) -> dict[str, float]:
    """Share of listings that state a value and have it, drawn towards the prior; listings without a value say nothing."""
    right: dict[str, float] = {}
    stated: dict[str, float] = {}
    for (title, description), value in zip(listings, values, strict=True):
        for found in {match.value for match in lexicon.find(listing_text(title, description))} if value else ():
            stated[found] = stated.get(found, 0.0) + 1
            right[found] = right.get(found, 0.0) + (found == value)
    prior = config.prior_matches
    return {value: (right[value] + prior * PRIOR_PRECISION) / (count + prior) for value, count in stated.items()}


def _threshold(
    classes: Sequence[str],
    probabilities: npt.NDArray[np.float64],
    labels: Sequence[str],
    is_silent: npt.NDArray[np.bool_],
    config: TaggingConfig,
) -> float | None:
    """Where the model's word is good enough, judged on titles that it did not see and that state nothing."""
    names = np.array(classes)
    best = probabilities.argmax(axis=1)
    offered = is_silent & (names[best] != NONE)
    is_right = names[best] == np.array(labels)
    confidence = probabilities.max(axis=1)
    return threshold_for(
        confidence[offered], is_right[offered], precision=config.target_precision, min_answers=config.min_answers
    )
