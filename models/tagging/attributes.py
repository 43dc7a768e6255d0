"""Attributes of a listing: stated in its words, seen in its picture, or inferred where the model is sure enough."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from marketplace.vocabulary import TagEvidence
from models.tagging.colours import COLOURS, family
from models.tagging.config import TaggingConfig
from models.tagging.genders import GENDERS
from models.tagging.lexicon import Lexicon, Token, tokens
from models.tagging.linear import Examples, LinearClassifier, fit_calibrated, threshold_for
from models.tagging.materials import MATERIALS
from models.tagging.occasions import OCCASIONS
from models.tagging.pictures import PictureColour
from models.tagging.seasons import SEASONS
from models.tagging.text import Vocabulary

COLOUR = "colour"
ATTRIBUTES: Mapping[str, Lexicon] = {
    COLOUR: COLOURS,
    "material": MATERIALS,
    "occasion": OCCASIONS,
    "season": SEASONS,
    "gender": GENDERS,
}
# A thing is red and white, of wood and brass, for a wedding and a party; but for one season and one gender.
MULTIPLE = frozenset({COLOUR, "material", "occasion"})
# What the classifier says of a listing without the attribute.
NONE = ""
# How often a word tells the truth before any listing has been seen, and the least that is offered as evidence.
PRIOR_PRECISION = 0.9
MIN_PRECISION = 0.75
# The same for a colour of the picture: below it, light and paint cannot be told apart.
MIN_PICTURE_PROBABILITY = 0.65
_NEARLY_ALWAYS = 0.99

# A probability, and whether it was right.
Offer = tuple[float, bool]


@dataclass(frozen=True)
class Attribute:
    """A value with its probability and what proves it.

    `start` and `end` count characters of the title or of the description, whichever `source` names; they and the words, as
    they are written, are None where a picture or the model alone says so. `group` is the same in every catalogue.
    """

    attribute: str
    value: str
    probability: float
    source: TagEvidence = TagEvidence.INFERRED
    evidence: str | None = None
    start: int | None = None
    end: int | None = None
    group: str | None = None

    @property
    def is_inferred(self) -> bool:
        """Whether neither words nor a picture show the value."""
        return self.source is TagEvidence.INFERRED


@dataclass(frozen=True)
class Words:
    """A listing's title and description with their words."""

    title: str
    description: str
    in_title: tuple[Token, ...]
    in_description: tuple[Token, ...]

    @classmethod
    def of(cls, title: str, description: str) -> "Words":
        """The words of one listing."""
        return cls(title, description, tuple(tokens(title)), tuple(tokens(description)))


@dataclass(frozen=True)
class Stated:
    """A value that a listing states, at [start, end) of its title or description."""

    value: str
    source: TagEvidence
    start: int
    end: int

    def cell(self, guess: str | None) -> str:
        """What its reliability is counted by: where it stands, and whether the model would have said the same."""
        agrees = "unasked" if guess is None else "agrees" if guess == self.value else "differs"
        return f"{self.source.value} {agrees}"


@dataclass(frozen=True)
class AttributeTagger:
    """Finds one attribute.

    Attributes:
        precisions: how often a stated value was the listing's own on listings that the model did not see, per cell (see
            `Stated.cell`) and value; "" is any value.
        stated_threshold, inferred_threshold: the least probability offered of either kind, so that of all that is offered of
            it enough is right; None where nothing was measured, or nothing is ever good enough to be inferred.
    """

    name: str
    lexicon: Lexicon
    precisions: Mapping[str, Mapping[str, float]]
    classifier: LinearClassifier | None = None
    stated_threshold: float | None = None
    inferred_threshold: float | None = None

    def find(self, words: Words, probabilities: npt.NDArray[np.float64] | None) -> list[Attribute]:
        """Each value once, likeliest first: those that the words state, else the one that the model infers from the title."""
        guess, sure = self._guess(probabilities)
        found = [
            self._attribute(words, stated, self.precision(stated, guess))
            for stated in states(self.lexicon, words)
            if self.precision(stated, guess) >= self._least(stated, guess)
        ]
        if not found and guess and self.inferred_threshold is not None and sure >= self.inferred_threshold:
            found = [Attribute(self.name, guess, sure, group=self.group(guess))]
        found.sort(key=lambda attribute: -attribute.probability)
        return found if self.name in MULTIPLE else found[:1]

    def precision(self, stated: Stated, guess: str | None) -> float:
        """How often such a value is right."""
        of = self.precisions.get(stated.cell(guess), {})
        return of.get(stated.value, of.get("", PRIOR_PRECISION))

    def _least(self, stated: Stated, guess: str | None) -> float:
        # The threshold says nothing of words in a place where no listing had any.
        is_measured = self.stated_threshold is not None and stated.cell(guess) in self.precisions
        return max(MIN_PRECISION, self.stated_threshold or 0) if is_measured else MIN_PRECISION

    def group(self, value: str) -> str | None:
        """The family of a value where there is one."""
        return family(value) if self.name == COLOUR else None

    def _guess(self, probabilities: npt.NDArray[np.float64] | None) -> tuple[str | None, float]:
        if self.classifier is None or probabilities is None:
            return None, 0.0
        best = int(probabilities.argmax())
        return self.classifier.classes[best], float(probabilities[best])

    def _attribute(self, words: Words, stated: Stated, probability: float) -> Attribute:
        text = words.title if stated.source is TagEvidence.TITLE else words.description
        written = text[stated.start : stated.end]
        return Attribute(
            self.name, stated.value, probability, stated.source, written, stated.start, stated.end, self.group(stated.value)
        )


def states(lexicon: Lexicon, words: Words) -> list[Stated]:
    """Each stated value where it stands first, the title before the description."""
    found: dict[str, Stated] = {}
    for source, of in ((TagEvidence.TITLE, words.in_title), (TagEvidence.DESCRIPTION, words.in_description)):
        for match in lexicon.find_in(of) if of else ():
            found.setdefault(match.value, Stated(match.value, source, match.start, match.end))
    return list(found.values())


def with_picture(found: Sequence[Attribute], seen: Sequence[PictureColour], tagger: AttributeTagger) -> list[Attribute]:
    """Colours of the words, and those of the picture that are of no family named already; pixels outdo a bare inference.

    Of two shades of one family in the picture the larger counts: light and shadow make as many of one paint.
    """
    stated = [attribute for attribute in found if not attribute.is_inferred]
    families = {attribute.group or attribute.value for attribute in stated}
    shown: list[Attribute] = []
    for colour in seen:
        group = family(colour.value)
        named = group or colour.value
        if colour.probability >= MIN_PICTURE_PROBABILITY and named not in families:
            value = _in_catalogue(colour.value, tagger.lexicon)
            shown.append(Attribute(tagger.name, value, colour.probability, TagEvidence.PICTURE, group=group))
            families.add(named)
    return stated + shown if shown else list(found)


def _in_catalogue(colour: str, lexicon: Lexicon) -> str:
    """The colour as the catalogue writes it, where it has one like it."""
    of_family = next((value for value in lexicon.words if family(value) == family(colour)), colour)
    matches = lexicon.find(colour)
    return matches[0].value if matches else of_family


def fit_attribute(
    name: str,
    listings: Sequence[Words],
    values: Sequence[str | None],
    rows: csr_array,
    vocabulary: Vocabulary,
    groups: Sequence[str],
    config: TaggingConfig,
    *,
    refused: Sequence[frozenset[str]],
) -> AttributeTagger:
    """A tagger in the catalogue's own values; without any value it only finds what is stated.

    Args:
        values: what the seller gave, None for nothing.
        refused: what the seller said that it is not.
        rows: of the titles. groups: equal for equal titles.
    """
    known = sorted({value for value in values if value})
    lexicon = ATTRIBUTES[name].adapted_to(known) if known else ATTRIBUTES[name]
    labels = [value or NONE for value in values]
    if not known or len(set(labels)) < 2:
        return AttributeTagger(name, lexicon, {})
    examples = Examples(rows, labels, vocabulary.word_count, vocabulary.transform(known), known, config.hint_weight)
    fitted = fit_calibrated(examples, groups, C=config.C, words_C=config.words_C, folds=config.folds, seed=config.seed)
    judged = Judged(
        stated=[states(lexicon, listings[row]) for row in fitted.unseen],
        guesses=fitted.unseen_guesses,
        sureness=fitted.unseen_probabilities.max(axis=1),
        values=[values[row] for row in fitted.unseen],
        refused=[refused[row] for row in fitted.unseen],
    )
    tagger = AttributeTagger(name, lexicon, _precisions(judged, config.prior_matches), fitted.classifier)
    said, inferred = _offers(tagger, judged)
    # Where no word is good enough, only those that hardly ever mislead are offered.
    least = _threshold_of(said, config)
    return replace(
        tagger,
        stated_threshold=_NEARLY_ALWAYS if least is None and said else least,
        inferred_threshold=_threshold_of(inferred, config),
    )


@dataclass(frozen=True)
class Judged:
    """Listings that the model did not see: what they state, what it says and how surely, what their sellers gave and refused."""

    stated: Sequence[Sequence[Stated]]
    guesses: npt.NDArray[np.object_]
    sureness: npt.NDArray[np.float64]
    values: Sequence[str | None]
    refused: Sequence[frozenset[str]]

    def verdicts(self) -> Iterator[tuple[Stated, str, bool]]:
        """Each stated value that its seller has told us about, with what the model says, and whether it is the listing's own.

        A listing without a value tells of what was refused alone.
        """
        for found, guess, value, refused in zip(self.stated, self.guesses, self.values, self.refused, strict=True):
            for one in found:
                if value or one.value in refused:
                    yield one, guess, one.value == value


def _precisions(judged: Judged, prior: float) -> dict[str, dict[str, float]]:
    """Share of stated values that are the listing's own, each drawn towards its cell's."""
    counts: dict[str, dict[str, list[int]]] = {}
    for one, guess, is_right in judged.verdicts():
        cell = counts.setdefault(one.cell(guess), {})
        for key in ("", one.value):
            count = cell.setdefault(key, [0, 0])
            count[0] += is_right
            count[1] += 1
    precisions: dict[str, dict[str, float]] = {}
    for name, cell in counts.items():
        right, total = cell.pop("")
        whole = (right + prior * PRIOR_PRECISION) / (total + prior)
        precisions[name] = {"": whole} | {value: (r + prior * whole) / (n + prior) for value, (r, n) in cell.items()}
    return precisions


def _offers(tagger: AttributeTagger, judged: Judged) -> tuple[list[Offer], list[Offer]]:
    """What would be offered as stated, and as inferred of listings that state nothing."""
    said = [(tagger.precision(one, guess), is_right) for one, guess, is_right in judged.verdicts()]
    inferred: list[Offer] = []
    for found, guess, sure, value in zip(judged.stated, judged.guesses, judged.sureness, judged.values, strict=True):
        if not found and guess != NONE:
            inferred.append((float(sure), guess == value))
    return said, inferred


def _threshold_of(offers: Sequence[Offer], config: TaggingConfig) -> float | None:
    """The least probability from which on enough offers are right."""
    confidence, is_right = np.array([sure for sure, _ in offers]), np.array([right for _, right in offers], dtype=bool)
    return threshold_for(confidence, is_right, precision=config.target_precision, min_answers=config.min_answers)
