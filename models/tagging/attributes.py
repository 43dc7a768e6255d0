"""Attributes of a listing: stated in its words, seen in its picture, or inferred where the model is sure enough."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from marketplace.vocabulary import SEVERAL_VALUED, TagEvidence
from models.tagging.colours import COLOURS, family
from models.tagging.config import TaggingConfig
from models.tagging.genders import GENDERS
from models.tagging.lexicon import Lexicon, Match, Token, tokens
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
# What the classifier says of a listing without the attribute.
NONE = ""
# How often a word tells the truth before any listing has been seen, and the least that is offered as evidence.
PRIOR_PRECISION = 0.9
MIN_PRECISION = 0.75
# The same for a colour of the picture: below it, light and paint cannot be told apart.
MIN_PICTURE_PROBABILITY = 0.65
_NEARLY_ALWAYS = 0.99
# What may stand between values that are said in one breath: "black & red", "red, blue and white", "silver with jade".
_AND = re.compile(r"[\s&+/,–-]*(?:(?:and|or|with|এবং|ও|আর)\s+)?", re.IGNORECASE)

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
    """A value that a listing states, at [start, end) of its title or description.

    `together` are the values that are said in one breath with it, itself among them.
    """

    value: str
    source: TagEvidence
    start: int
    end: int
    together: frozenset[str]

    def cell(self, guess: str | None) -> str:
        """What its reliability is counted by: where it stands, and whether the model would have said the same."""
        agrees = "unasked" if guess is None else "agrees" if guess == self.value else "differs"
        return f"{self.source.value} {agrees}"

    @property
    def further_cell(self) -> str:
        """The same where it is said in one breath with a value that is offered, whatever the model would have said."""
        return f"{self.source.value} further"


@dataclass(frozen=True)
class AttributeTagger:
    """Finds one attribute.

    Attributes:
        precisions: how often a stated value was the listing's own on listings that the model did not see, per cell (see
            `Stated.cell` and `Stated.further_cell`) and value; "" is any value.
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
        stated = states(self.lexicon, words)
        found = [self._attribute(words, one, one.cell(guess)) for one in stated if self._is_offered(one.value, one.cell(guess))]
        if self.name in SEVERAL_VALUED:
            found += self._further(words, stated, found)
        if not found and guess and self.inferred_threshold is not None and sure >= self.inferred_threshold:
            found = [Attribute(self.name, guess, sure, group=self.group(guess))]
        found.sort(key=lambda attribute: -attribute.probability)
        return found if self.name in SEVERAL_VALUED else found[:1]

    def _further(self, words: Words, stated: Sequence[Stated], found: Sequence[Attribute]) -> list[Attribute]:
        """Values said in one breath with one that is offered: "black & red" is as much red as black.

        Catalogues that keep one value a listing cannot teach this: what the seller left out may be true all the same. Two
        shades of one family are one colour ("olive green").
        """
        offered = {attribute.value for attribute in found}
        families = {attribute.group or attribute.value for attribute in found}
        further: list[Attribute] = []
        for one in stated:
            family_ = self.group(one.value) or one.value
            is_new = one.value not in offered and family_ not in families
            if is_new and offered & one.together and self._is_offered(one.value, one.further_cell):
                further.append(self._attribute(words, one, one.further_cell))
                families.add(family_)
        return further

    def precision(self, value: str, cell: str) -> float:
        """How often such a value is right."""
        of = self.precisions.get(cell, {})
        return of.get(value, of.get("", PRIOR_PRECISION))

    def _is_offered(self, value: str, cell: str) -> bool:
        # The threshold says nothing of words in a place where no listing had any.
        is_measured = self.stated_threshold is not None and cell in self.precisions
        least = max(MIN_PRECISION, self.stated_threshold or 0) if is_measured else MIN_PRECISION
        return self.precision(value, cell) >= least

    def group(self, value: str) -> str | None:
        """The family of a value where there is one."""
        return family(value) if self.name == COLOUR else None

    def _guess(self, probabilities: npt.NDArray[np.float64] | None) -> tuple[str | None, float]:
        if self.classifier is None or probabilities is None:
            return None, 0.0
        best = int(probabilities.argmax())
        return self.classifier.classes[best], float(probabilities[best])

    def _attribute(self, words: Words, stated: Stated, cell: str) -> Attribute:
        probability = self.precision(stated.value, cell)
        text = words.title if stated.source is TagEvidence.TITLE else words.description
        written = text[stated.start : stated.end]
        return Attribute(
            self.name, stated.value, probability, stated.source, written, stated.start, stated.end, self.group(stated.value)
        )


def states(lexicon: Lexicon, words: Words) -> list[Stated]:
    """Each stated value where it stands first, the title before the description."""
    found: dict[str, Stated] = {}
    for source, text, of in (
        (TagEvidence.TITLE, words.title, words.in_title),
        (TagEvidence.DESCRIPTION, words.description, words.in_description),
    ):
        for breath in _breaths(text, lexicon.find_in(of)) if of else ():
            together = frozenset(match.value for match in breath)
            for match in breath:
                known = found.get(match.value)
                found[match.value] = (
                    Stated(match.value, source, match.start, match.end, together)
                    if known is None
                    else replace(known, together=known.together | together)
                )
    return list(found.values())


def _breaths(text: str, matches: Sequence[Match]) -> list[list[Match]]:
    """The matches, those together that nothing but a comma, an "and" or the like keeps apart."""
    breaths: list[list[Match]] = []
    for match in matches:
        if breaths and _AND.fullmatch(text, breaths[-1][-1].end, match.start):
            breaths[-1].append(match)
        else:
            breaths.append([match])
    return breaths


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
    values: Sequence[Sequence[str]],
    rows: csr_array,
    vocabulary: Vocabulary,
    groups: Sequence[str],
    config: TaggingConfig,
    *,
    refused: Sequence[frozenset[str]],
) -> AttributeTagger:
    """A tagger in the catalogue's own values; without any value it only finds what is stated.

    Args:
        values: what the seller gave, the main value first; the model infers main values only.
        refused: what the seller said that it is not.
        rows: of the titles. groups: equal for equal titles.
    """
    known = sorted({value for of in values for value in of})
    lexicon = ATTRIBUTES[name].adapted_to(known) if known else ATTRIBUTES[name]
    labels = [of[0] if of else NONE for of in values]
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
    values: Sequence[Sequence[str]]
    refused: Sequence[frozenset[str]]

    def verdicts(self) -> Iterator[tuple[str, str, bool]]:
        """Cell and value of each stated value that its seller has told us about, and whether it is the listing's own.

        A listing without a value tells of what was refused alone.
        """
        for found, guess, values, refused in zip(self.stated, self.guesses, self.values, self.refused, strict=True):
            for one in found:
                if values or one.value in refused:
                    yield one.cell(guess), one.value, one.value in values

    def further_verdicts(self) -> Iterator[tuple[str, str, bool]]:
        """The same of values said in one breath with one of the listing's own.

        A listing with one value tells of what was refused alone: most catalogues have no room for a second.
        """
        for found, values, refused in zip(self.stated, self.values, self.refused, strict=True):
            for one in found:
                own = next((value for value in values if value in one.together), one.value)
                if own != one.value and (len(values) > 1 or one.value in refused):
                    yield one.further_cell, one.value, one.value in values


def _precisions(judged: Judged, prior: float) -> dict[str, dict[str, float]]:
    """Share of stated values that are the listing's own, each drawn towards its cell's."""
    counts: dict[str, dict[str, list[int]]] = {}
    for name, value, is_right in chain(judged.verdicts(), judged.further_verdicts()):
        cell = counts.setdefault(name, {})
        for key in ("", value):
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
    said = [(tagger.precision(value, cell), is_right) for cell, value, is_right in judged.verdicts()]
    inferred: list[Offer] = []
    for found, guess, sure, values in zip(judged.stated, judged.guesses, judged.sureness, judged.values, strict=True):
        if not found and guess != NONE:
            inferred.append((float(sure), guess in values))
    return said, inferred


def _threshold_of(offers: Sequence[Offer], config: TaggingConfig) -> float | None:
    """The least probability from which on enough offers are right."""
    confidence, is_right = np.array([sure for sure, _ in offers]), np.array([right for _, right in offers], dtype=bool)
    return threshold_for(confidence, is_right, precision=config.target_precision, min_answers=config.min_answers)
