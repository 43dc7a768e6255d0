"""From probabilities of leaf categories to an answer: a leaf, a broader category, or none."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
SUGGESTION_COUNT = 3
# A title of unknown words spreads over the leaves of the largest branch; that must not look like an answer.
MIN_BROADER_PROBABILITY = 0.8


@dataclass(frozen=True)
class CategoryTree:
    """Parent and path of each category, by id."""

    parents: dict[str, str | None]
    paths: dict[str, str]

    def ancestors(self, category_id: str) -> list[str]:
        """The category itself, its parent, and so on to the top."""
        chain: list[str] = []
        current: str | None = category_id
        # A category that is its own ancestor would never end.
        while current is not None and current not in chain:
            chain.append(current)
            current = self.parents.get(current)
        return chain

    def path(self, category_id: str) -> str:
        """Names from the top down, or the id of a category that has since gone."""
        return self.paths.get(category_id, category_id)

    def names(self, category_id: str) -> list[str]:
        """The path in parts, the category's own name last."""
        return [name.strip() for name in self.path(category_id).split(">") if name.strip()]


def hint_texts(names: Sequence[str]) -> list[str]:
    """What a class is called, as texts to learn from beside its listings: its own name, and its whole path."""
    return [names[-1], " ".join(names)] if len(names) > 1 else list(names)


@dataclass(frozen=True)
class RankedCategory:
    """A category, its path and the calibrated probability that the listing belongs under it."""

    category_id: str
    path: str
    probability: float


@dataclass(frozen=True)
class CategoryAnswer:
    """Best first; the first is the answer unless `has_abstained`, the others are for a seller to choose from."""

    categories: tuple[RankedCategory, ...]
    has_abstained: bool


def answer(
    classes: Sequence[str],
    probabilities: Floats,
    tree: CategoryTree,
    *,
    threshold: float,
    is_possible: Callable[[str], bool] = lambda leaf: True,
) -> CategoryAnswer:
    """The likeliest leaf if it is likely enough, else the deepest broader category that is, else only hints.

    Args:
        is_possible: a leaf for which it does not hold is not named; where it is the likeliest, no other leaf is the answer, but
            what is like it may well stand beside it.
    """
    order = np.argsort(-probabilities, kind="stable").tolist()
    best = list(islice((leaf for leaf in order if is_possible(classes[leaf])), SUGGESTION_COUNT)) or order[:SUGGESTION_COUNT]
    leaves = [RankedCategory(classes[leaf], tree.path(classes[leaf]), float(probabilities[leaf])) for leaf in best]
    if is_possible(classes[order[0]]) and leaves[0].probability >= threshold:
        return CategoryAnswer(tuple(leaves), has_abstained=False)
    broader = _broader(classes, probabilities, tree, max(threshold, MIN_BROADER_PROBABILITY))
    if broader is not None:
        return CategoryAnswer((broader, *leaves[: SUGGESTION_COUNT - 1]), has_abstained=False)
    return CategoryAnswer(tuple(leaves), has_abstained=True)


def _broader(classes: Sequence[str], probabilities: Floats, tree: CategoryTree, threshold: float) -> RankedCategory | None:
    """The deepest category above the leaves whose leaves together are likely enough; one above them all says nothing."""
    together: dict[str, float] = {}
    leaf_counts: dict[str, int] = {}
    for leaf, probability in zip(classes, probabilities, strict=True):
        for ancestor in tree.ancestors(leaf)[1:]:
            together[ancestor] = together.get(ancestor, 0.0) + float(probability)
            leaf_counts[ancestor] = leaf_counts.get(ancestor, 0) + 1
    likely = [
        category
        for category, probability in together.items()
        if probability >= threshold and leaf_counts[category] < len(classes)
    ]
    if not likely:
        return None
    deepest = max(likely, key=lambda category: (len(tree.ancestors(category)), together[category]))
    return RankedCategory(deepest, tree.path(deepest), min(together[deepest], 1.0))
