"""What a shelf keeps to after ranking: no seller and no category fills it, and its places differ from each other.

Pure rules over what was ranked, so that the storefront, which knows what may be shown now, and an offline evaluation
arrange a list alike. What may not be shown at all is no matter of degree and is left out before.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import floor

# How much of two products' likeness each of these is; together 1.
_SAME_CATEGORY, _SAME_SELLER, _SAME_ATTRIBUTES = 0.4, 0.3, 0.3
_FEWEST = 2  # of one seller or category that any shelf may hold


@dataclass(frozen=True)
class Ranked:
    """A product that may be shown, as the rules see it; `score` orders within one list.

    Attributes:
        attributes: such as `colour=blue`; none known is an empty set.
    """

    product_id: str
    score: float
    seller_id: str
    category_id: str | None = None
    attributes: frozenset[str] = frozenset()


@dataclass(frozen=True)
class ShelfRules:
    """How much of a shelf one seller or category may hold, None for all of it, and what likeness costs.

    Attributes:
        relevance_weight: λ of maximal marginal relevance (Carbonell & Goldstein 1998); 1 keeps the order as ranked.
    """

    seller_share: float | None = 0.3
    category_share: float | None = 0.5
    relevance_weight: float = 0.7


AS_RANKED = ShelfRules(seller_share=None, category_share=None, relevance_weight=1.0)


def cap(share: float | None, places: int) -> int:
    """How many of `places` one seller or category may hold: 3 of 10 for a share of .3, and never fewer than two."""
    return places if share is None else max(_FEWEST, floor(share * places + 1e-9))


def arrange(ranked: Sequence[Ranked], places: int, rules: ShelfRules, *, taken: Sequence[Ranked] = ()) -> list[Ranked]:
    """The products for the free places, best first: `places` less those `taken`, or all there are.

    One after the other the product of the highest λ · relevance − (1 − λ) · likeness to its nearest on the shelf, among
    those within the caps. A cap gives way, by one at a time, only when nothing else is left: rather one more of a seller
    than a place that stays empty.

    Args:
        ranked: best first, none twice and none of `taken`; of equals the earlier is preferred.
        taken: what stands on the shelf already; it counts for caps and likeness.
    """
    left = dict(enumerate(ranked))
    relevance = _scaled([one.score for one in ranked])
    likeness = [max((similarity(one, other) for other in taken), default=0.0) for one in ranked]
    sellers = Counter(one.seller_id for one in taken)
    categories = Counter(one.category_id for one in taken)
    most_of_seller, most_of_category = cap(rules.seller_share, places), cap(rules.category_share, places)
    slack = 0
    chosen: list[Ranked] = []
    while left and len(taken) + len(chosen) < places:
        fitting = [
            place
            for place, one in left.items()
            if sellers[one.seller_id] < most_of_seller + slack
            and (one.category_id is None or categories[one.category_id] < most_of_category + slack)
        ]
        if not fitting:
            slack += 1
            continue
        weight = rules.relevance_weight
        best = max(fitting, key=lambda place: (weight * relevance[place] - (1 - weight) * likeness[place], -place))
        one = left.pop(best)
        chosen.append(one)
        sellers[one.seller_id] += 1
        categories[one.category_id] += 1
        for place, other in left.items():
            likeness[place] = max(likeness[place], similarity(one, other))
    return chosen


def similarity(one: Ranked, other: Ranked) -> float:
    """How alike two products are, from 0 to 1: by category, seller, and the share of attributes in common."""
    together = one.attributes | other.attributes
    in_common = len(one.attributes & other.attributes) / len(together) if together else 0.0
    is_same_category = one.category_id is not None and one.category_id == other.category_id
    return _SAME_CATEGORY * is_same_category + _SAME_SELLER * (one.seller_id == other.seller_id) + _SAME_ATTRIBUTES * in_common


def variety(shown: Sequence[Ranked]) -> float:
    """Intra-list diversity: one less the mean likeness of all pairs; 1 for fewer than two products."""
    pairs = [similarity(one, other) for at, one in enumerate(shown) for other in shown[:at]]
    return 1 - sum(pairs) / len(pairs) if pairs else 1.0


def _scaled(scores: Sequence[float]) -> list[float]:
    """Scores from 0 for the worst to 1 for the best; all 1 where they are equal."""
    low, high = min(scores, default=0.0), max(scores, default=0.0)
    return [(score - low) / (high - low) if high > low else 1.0 for score in scores]
