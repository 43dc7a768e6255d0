"""Categories and attributes for a batch of listings; one listing is a batch of one."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.tagging.attributes import COLOUR, Attribute, AttributeTagger, Words, with_picture
from models.tagging.categories import CategoryAnswer, CategoryTree, RankedCategory, answer
from models.tagging.config import TaggingConfig
from models.tagging.lexicon import Lexicon
from models.tagging.linear import LinearClassifier
from models.tagging.own_words import OwnWords, lacks_own_words
from models.tagging.pictures import picture_colours
from models.tagging.schema import AttributeSchema
from models.tagging.text import Vocabulary

# Titles are looked at so many at once: rows of margins then stay in the processor's cache.
_BATCH = 1_000
# More than any probability: what is judged by it is never answered.
_NEVER = 1.01


@dataclass(frozen=True)
class Tags:
    """Suggestions for one listing, best first; see `CategoryAnswer` for what abstaining means.

    `allowed_attributes` are those of the category that the seller chose or the model answered with; all where there is none.
    """

    categories: tuple[RankedCategory, ...]
    attributes: tuple[Attribute, ...]
    has_abstained: bool
    allowed_attributes: tuple[str, ...] = ()


@dataclass(frozen=True)
class TaggingModel:
    """TF-IDF over words and pieces of words, linear machines on top, lexicons beside them."""

    vocabulary: Vocabulary
    categories: LinearClassifier
    category_threshold: float
    tree: CategoryTree
    taggers: tuple[AttributeTagger, ...]
    schema: AttributeSchema
    training_cutoff: datetime
    config: TaggingConfig
    own_words: OwnWords = field(default_factory=dict)

    @cached_property
    def leaves(self) -> frozenset[str]:
        """The categories that listings stand in."""
        return frozenset(self.categories.classes)

    def tag(
        self,
        titles: Sequence[str],
        descriptions: Sequence[str] | None = None,
        *,
        pictures: Sequence[bytes | None] | None = None,
        category_ids: Sequence[str | None] | None = None,
    ) -> list[Tags]:
        """One answer per title. A title without a single known word gets hints and no category.

        Args:
            pictures: a PNG or JPEG per title; one that cannot be read says nothing.
            category_ids: the category that the seller has chosen; attributes then follow its schema.
        """
        tags: list[Tags] = []
        for start in range(0, len(titles), _BATCH):
            part = slice(start, start + _BATCH)
            size = len(titles[part])
            tags += self._tag_batch(
                titles[part],
                descriptions[part] if descriptions is not None else [""] * size,
                pictures[part] if pictures is not None else [None] * size,
                category_ids[part] if category_ids is not None else [None] * size,
            )
        return tags

    def _tag_batch(
        self,
        titles: Sequence[str],
        descriptions: Sequence[str],
        pictures: Sequence[bytes | None],
        chosen: Sequence[str | None],
    ) -> list[Tags]:
        rows = self.vocabulary.transform(titles)
        is_known = np.diff(rows.indptr) > 0
        probabilities = self.categories.probabilities(rows)
        inferred = [None if tagger.classifier is None else tagger.classifier.probabilities(rows) for tagger in self.taggers]
        tags: list[Tags] = []
        for at, (title, description) in enumerate(zip(titles, descriptions, strict=True)):
            given = self._category(title, probabilities[at], self.category_threshold if is_known[at] else _NEVER)
            answered = None if given.has_abstained else given.categories[0].category_id
            allowed = self.schema.attributes(chosen[at] or answered)
            own = [of[at] if of is not None and is_known[at] else None for of in inferred]
            found = self._attributes(Words.of(title, description), own, allowed, pictures[at])
            tags.append(Tags(given.categories, tuple(found), given.has_abstained, allowed))
        return tags

    def _category(self, title: str, probabilities: npt.NDArray[np.float64], threshold: float) -> CategoryAnswer:
        return answer(
            self.categories.classes,
            probabilities,
            self.tree,
            threshold=threshold,
            is_possible=lambda leaf: not lacks_own_words(self.own_words, leaf, title),
        )

    def _attributes(
        self,
        words: Words,
        inferred: Sequence[npt.NDArray[np.float64] | None],
        allowed: Sequence[str],
        picture: bytes | None,
    ) -> list[Attribute]:
        found: list[Attribute] = []
        for tagger, probabilities in zip(self.taggers, inferred, strict=True):
            if tagger.name in allowed:
                own = tagger.find(words, probabilities)
                if picture is not None and tagger.name == COLOUR:
                    own = with_picture(own, picture_colours(picture), tagger)
                found += own
        return found

    def save(self, folder: Path) -> None:
        """Write the model into `folder`: one file of arrays, one of words and numbers."""
        folder.mkdir(parents=True, exist_ok=True)
        classifiers = {"category": self.categories} | {
            tagger.name: tagger.classifier for tagger in self.taggers if tagger.classifier is not None
        }
        arrays: dict[str, Any] = {"idf": self.vocabulary.idf, "buckets": self.vocabulary.buckets}
        for name, classifier in classifiers.items():
            arrays[f"{name}_coefficients"] = classifier.coefficients
            arrays[f"{name}_intercepts"] = classifier.intercepts
        np.savez_compressed(folder / "tagging.npz", **arrays)
        about = {
            "classifiers": {
                name: {"classes": classifier.classes, "sharpness": classifier.sharpness}
                for name, classifier in classifiers.items()
            },
            "category_threshold": self.category_threshold,
            "parents": self.tree.parents,
            "paths": self.tree.paths,
            "taggers": [
                {
                    "name": tagger.name,
                    "words": tagger.lexicon.words,
                    "silent": tagger.lexicon.silent,
                    "not_before": tagger.lexicon.not_before,
                    "not_after": tagger.lexicon.not_after,
                    "precisions": tagger.precisions,
                    "stated_threshold": tagger.stated_threshold,
                    "inferred_threshold": tagger.inferred_threshold,
                }
                for tagger in self.taggers
            ],
            "allowed_attributes": self.schema.allowed,
            "own_words": {category: sorted(words) for category, words in self.own_words.items()},
            "training_cutoff": self.training_cutoff.isoformat(),
            "config": asdict(self.config),
        }
        (folder / "tagging.json").write_text(json.dumps(about, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> "TaggingModel":
        """The model that `save` wrote."""
        about = json.loads((folder / "tagging.json").read_text(encoding="utf-8"))
        with np.load(folder / "tagging.npz") as arrays:
            vocabulary = Vocabulary(arrays["buckets"], arrays["idf"])
            classifiers = {
                name: LinearClassifier(
                    tuple(held["classes"]), arrays[f"{name}_coefficients"], arrays[f"{name}_intercepts"], held["sharpness"]
                )
                for name, held in about["classifiers"].items()
            }
        taggers = tuple(
            AttributeTagger(
                held["name"],
                Lexicon(held["words"], silent=held["silent"], not_before=held["not_before"], not_after=held["not_after"]),
                held["precisions"],
                classifiers.get(held["name"]),
                held["stated_threshold"],
                held["inferred_threshold"],
            )
            for held in about["taggers"]
        )
        tree = CategoryTree(about["parents"], about["paths"])
        return cls(
            vocabulary=vocabulary,
            categories=classifiers["category"],
            category_threshold=about["category_threshold"],
            tree=tree,
            taggers=taggers,
            schema=AttributeSchema({category: tuple(of) for category, of in about["allowed_attributes"].items()}, tree),
            training_cutoff=datetime.fromisoformat(about["training_cutoff"]),
            # Versions of an earlier release say neither; they were trained by the defaults, and knew of no words of their own.
            config=TaggingConfig(**about.get("config", {})),
            own_words={category: frozenset(words) for category, words in about.get("own_words", {}).items()},
        )
