"""Why a product is on a list, in words that are true of the source that put it there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from models.recommendation.config import SourceName
from models.recommendation.fitted_sources import Sources
from models.recommendation.session_source import RunningSession
from models.recommendation.sources import FloatTable

_CATALOGUE_ARRAYS = ("product_ids", "titles", "is_active", "is_of_this_week", "category_of", "category_ids", "parents")


@dataclass(frozen=True)
class Catalogue:
    """What the shop calls its products and categories, products in order of their id.

    Attributes:
        is_of_this_week: whether anybody did anything with it in the seven days before the cutoff.
        category_of: position of each product's category in `category_ids`.
        parents: position of each category's parent, -1 at the top.
    """

    product_ids: NDArray[np.str_]
    titles: NDArray[np.str_]
    is_active: NDArray[np.bool_]
    is_of_this_week: NDArray[np.bool_]
    category_of: NDArray[np.int32]
    category_ids: NDArray[np.str_]
    category_names: tuple[str, ...]
    parents: NDArray[np.int32]

    def arrays(self) -> dict[str, Any]:
        """All but the names, by name; `from_arrays` takes them back."""
        return {name: getattr(self, name) for name in _CATALOGUE_ARRAYS}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Any], category_names: Iterable[str]) -> Catalogue:
        """The catalogue whose `arrays` these are."""
        return cls(category_names=tuple(category_names), **{name: arrays[name] for name in _CATALOGUE_ARRAYS})

    def is_within(self, category_id: str) -> NDArray[np.bool_]:
        """Per product, whether it lies in the category or anywhere below it; none do in an unknown one."""
        category = self._category_positions.get(category_id)
        inside = np.zeros(len(self.category_ids), dtype=bool)
        if category is not None:
            inside[category] = True
            for _ in range(len(self.parents)):
                below = (self.parents >= 0) & inside[self.parents] & ~inside
                if not below.any():
                    break
                inside |= below
        return np.asarray(inside[self.category_of])

    def category_name(self, category_id: str) -> str:
        """The category's own name, empty when it is unknown."""
        position = self._category_positions.get(category_id)
        return self.category_names[position] if position is not None else ""

    @cached_property
    def _category_positions(self) -> dict[str, int]:
        return {category_id: position for position, category_id in enumerate(self.category_ids.tolist())}


@dataclass(frozen=True)
class Contributions:
    """What was known when a list was made.

    Attributes:
        bought: positions of what the customer bought.
        is_about: the product that the list is about, for `similar`.
        running_session: who says what is looked at next.
        within: the category that was asked for, for `trending`.
    """

    catalogue: Catalogue
    sources: Sources
    history: sparse.csr_matrix
    session: sparse.csr_matrix
    bought: set[int]
    running_session: RunningSession | None = None
    is_about: int | None = None
    within: str | None = None

    def strongest_by_taste(self, profile: sparse.csr_matrix, product: int) -> int:
        """The product of the history whose part in the customer's latent taste speaks most for `product`."""
        added = self._taste_shares @ self.sources.collaborative.item_factors[product]
        return int(profile.indices[int(np.argmax(added))])

    @cached_property
    def _taste_shares(self) -> FloatTable:
        return self.sources.collaborative.shares(self.history)


def reason_for(source: SourceName, product: int, context: Contributions) -> str:
    """One sentence on why `product` is on the list."""
    catalogue = context.catalogue
    lately = "this week" if catalogue.is_of_this_week[product] else "lately"
    category = (
        catalogue.category_name(context.within) if context.within else catalogue.category_names[catalogue.category_of[product]]
    )
    match source:
        case SourceName.CATEGORY_TRENDING if category:
            return f"Popular in {category} {lately}"
        case SourceName.TRENDING | SourceName.CATEGORY_TRENDING:
            return f"Popular {lately}"
        case SourceName.COLLABORATIVE:
            return _because(source, context.strongest_by_taste, product, context)
        case SourceName.NEIGHBOURS:
            return "Shoppers with your taste like this"
        case SourceName.SESSION_NEXT:
            before = context.running_session.strongest(context.session, product) if context.running_session else None
            return "Looked at in visits like this one" if before is None else f"Because you viewed {catalogue.titles[before]}"
        case SourceName.CO_VISITATION | SourceName.SESSION_CO_VISITATION:
            return _because(source, context.sources.co_visitation.strongest, product, context)
        case SourceName.NEXT_DAYS:
            return _because(source, context.sources.next_days.strongest, product, context)
        case SourceName.EASE:
            return _because(source, context.sources.ease.strongest, product, context)
        case SourceName.CONTENT | SourceName.SESSION_CONTENT:
            return _because(source, context.sources.content.strongest, product, context)
    return f"More from {category}" if category else "From the catalogue"


def _because(source: SourceName, strongest: Callable[[sparse.csr_matrix, int], int], product: int, context: Contributions) -> str:
    is_alike = source in (SourceName.CONTENT, SourceName.SESSION_CONTENT)
    titles = context.catalogue.titles
    if context.is_about is not None:
        return f"Similar to {titles[context.is_about]}" if is_alike else f"Often chosen with {titles[context.is_about]}"
    is_from_session = source in (SourceName.SESSION_CO_VISITATION, SourceName.SESSION_CONTENT)
    seed = strongest(context.session if is_from_session else context.history, product)
    did = "bought" if seed in context.bought and not is_from_session else "viewed"
    if seed == product:  # seen so long ago that it may be shown again
        return f"You {did} it before"
    if source is SourceName.NEXT_DAYS:
        return f"Others went on to it from {titles[seed]}, which you {did}"
    return f"Similar to {titles[seed]}, which you {did}" if is_alike else f"Because you {did} {titles[seed]}"
