"""The fitted tagger: categories and attributes for a batch of listings; one listing is a batch of one."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from models.tagging.attributes import Attribute, AttributeTagger
from models.tagging.categories import CategoryTree, RankedCategory, answer
from models.tagging.lexicon import Lexicon
from models.tagging.linear import LinearClassifier
from models.tagging.text import Vocabulary


@dataclass(frozen=True)
class Tags:
    """Suggestions for one listing, best first; see `CategoryAnswer` for what abstaining means."""

    categories: tuple[RankedCategory, ...]
    attributes: tuple[Attribute, ...]
    has_abstained: bool


@dataclass(frozen=True)
class TaggingModel:
    """TF-IDF over words and pieces of words, linear machines on top, lexicons beside them."""

    vocabulary: Vocabulary
    categories: LinearClassifier
    category_threshold: float
    tree: CategoryTree
    taggers: tuple[AttributeTagger, ...]
    training_cutoff: datetime

    def tag(self, titles: Sequence[str], descriptions: Sequence[str] | None = None) -> list[Tags]:
        """One answer per title. A title without a single known word gets hints and no category."""
        rows = self.vocabulary.transform(titles)
        probabilities = self.categories.probabilities(rows)
        tags: list[Tags] = []
        for position, (title, description) in enumerate(zip(titles, descriptions or [""] * len(titles), strict=True)):
            row = rows[[position]]
            chosen = answer(self.categories.classes, probabilities[position], self.tree, threshold=self.category_threshold)
            found = [tagger.stated(title, description) or tagger.inferred(row) for tagger in self.taggers]
            attributes = tuple(attribute for attribute in found if attribute is not None)
            tags.append(Tags(chosen.categories, attributes, chosen.has_abstained or row.nnz == 0))
        return tags

    def save(self, folder: Path) -> None:
        """Write the model into `folder`: one file of arrays, one of words and numbers."""
        folder.mkdir(parents=True, exist_ok=True)
        classifiers = {"category": self.categories} | {
            tagger.name: tagger.classifier for tagger in self.taggers if tagger.classifier is not None
        }
        arrays: dict[str, Any] = {"idf": self.vocabulary.idf}
        for name, classifier in classifiers.items():
            arrays[f"{name}_coefficients"] = classifier.coefficients
            arrays[f"{name}_intercepts"] = classifier.intercepts
        np.savez_compressed(folder / "tagging.npz", **arrays)
        about = {
            "terms": list(self.vocabulary.columns),
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
                    "precisions": dict(tagger.precisions),
                    "threshold": tagger.threshold,
                }
                for tagger in self.taggers
            ],
            "training_cutoff": self.training_cutoff.isoformat(),
        }
        (folder / "tagging.json").write_text(json.dumps(about, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> "TaggingModel":
        """The model that `save` wrote."""
        about = json.loads((folder / "tagging.json").read_text(encoding="utf-8"))
        with np.load(folder / "tagging.npz") as arrays:
            idf = arrays["idf"]
            classifiers = {
                name: LinearClassifier(
                    tuple(held["classes"]), arrays[f"{name}_coefficients"], arrays[f"{name}_intercepts"], held["sharpness"]
                )
                for name, held in about["classifiers"].items()
            }
        taggers = tuple(
            AttributeTagger(
                held["name"], Lexicon(held["words"]), held["precisions"], classifiers.get(held["name"]), held["threshold"]
            )
            for held in about["taggers"]
        )
        return cls(
            vocabulary=Vocabulary({term: column for column, term in enumerate(about["terms"])}, idf),
            categories=classifiers["category"],
            category_threshold=about["category_threshold"],
            tree=CategoryTree(about["parents"], about["paths"]),
            taggers=taggers,
            training_cutoff=datetime.fromisoformat(about["training_cutoff"]),
        )
