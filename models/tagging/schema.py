"""Which attributes the listings of a category have, and which values."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from marketplace.vocabulary import SEVERAL_VALUED
from models.tagging.attributes import ATTRIBUTES
from models.tagging.categories import CategoryTree

# An attribute belongs to a category when so many of its listings have it; fewer are slips of single sellers.
_MIN_SHARE = 0.05
# A category with fewer listings has what the one above it has, since few listings leave attributes out by chance.
_MIN_LISTINGS = 10


@dataclass(frozen=True)
class AttributeSchema:
    """The attributes of each category; one that is not named has those of the nearest above it that is, or all.

    Raises:
        ValueError: an attribute that nobody knows is named.
    """

    allowed: Mapping[str, tuple[str, ...]]
    tree: CategoryTree

    def __post_init__(self) -> None:
        unknown = sorted({name for names in self.allowed.values() for name in names} - set(ATTRIBUTES))
        if unknown:
            raise ValueError(f"the schema names {', '.join(unknown)}; the known attributes are {', '.join(ATTRIBUTES)}")

    @classmethod
    def learnt(cls, products: pd.DataFrame, tree: CategoryTree) -> "AttributeSchema":
        """What the listings of each category, and of those below it, have filled in.

        An attribute that no listing of the whole catalogue has is one that it never asked for, and so is allowed everywhere.
        """
        asked = [name for name in ATTRIBUTES if name in products and _is_given(products[name]).any()]
        under: dict[str, list[int]] = {}
        for row, category in enumerate(products["category_id"].astype(str)):
            for above in tree.ancestors(category):
                under.setdefault(above, []).append(row)
        given = {name: _is_given(products[name]).to_numpy() for name in asked}
        allowed = {
            category: tuple(name for name in ATTRIBUTES if name not in given or given[name][rows].mean() >= _MIN_SHARE)
            for category, rows in under.items()
            if len(rows) >= _MIN_LISTINGS
        }
        return cls(allowed, tree)

    def attributes(self, category_id: str | None) -> tuple[str, ...]:
        """The attributes of a category's listings; all of them where no category is known."""
        above = self.tree.ancestors(category_id) if category_id is not None else []
        return next((self.allowed[category] for category in above if category in self.allowed), tuple(ATTRIBUTES))

    def problems(self, category_id: str, values: Mapping[str, list[str]]) -> list[str]:
        """What is wrong with the values of a listing of this category, a line each; none where it fits."""
        allowed = self.attributes(category_id)
        path = self.tree.path(category_id)
        foreign = [f"{path} has no {name}; it has {', '.join(allowed)}" for name in values if name not in allowed]
        single = {name: of for name, of in values.items() if name not in SEVERAL_VALUED}
        many = [f"{name} has one value, {len(of)} came" for name, of in single.items() if len(of) > 1]
        return foreign + many


def _is_given(column: "pd.Series[str]") -> "pd.Series[bool]":
    return column.map(lambda value: isinstance(value, str) and value != "").astype(bool)
