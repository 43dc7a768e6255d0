"""What a living shopper likes, and so which of the goods in sight is looked at."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log
from typing import Any

import numpy as np

from marketplace.simulation import words

Card = dict[str, Any]  # a product as the shop's lists show it
_FAVOURITES = 3


@dataclass(frozen=True)
class Tastes:
    """Favourite categories with their weights (they add up to 1), liked colours, and the price that feels right."""

    categories: dict[str, float]
    names: dict[str, str]
    colours: frozenset[str]
    price_minor: float

    @classmethod
    def draw(cls, rng: np.random.Generator, categories: Sequence[dict[str, Any]]) -> "Tastes":
        """Tastes among the shop's `categories` that hold products; the price is learnt from the first goods in sight."""
        stocked = [category for category in categories if category["product_count"] > 0] or list(categories)
        chosen = rng.choice(len(stocked), min(_FAVOURITES, len(stocked)), replace=False).tolist()
        weights = np.sort(rng.dirichlet(np.full(len(chosen), 0.8)))[::-1].tolist()
        colours = rng.choice(tuple(words.COLOURS), 3, replace=False).tolist()
        return cls(
            categories={stocked[spot]["category_id"]: weight for spot, weight in zip(chosen, weights, strict=True)},
            names={stocked[spot]["category_id"]: stocked[spot]["name"] for spot in chosen},
            colours=frozenset(colours),
            price_minor=float(exp(rng.normal(log(120_000), 0.6))),
        )

    def liking(self, card: Card) -> float:
        """How much `card` pulls, 1 for a thing that leaves the shopper cold."""
        liked = 1 + 12 * self.categories.get(card["category_id"] or "", 0.0)
        coloured = 1.8 if card["colour"] in self.colours else 1.0
        distance = log(max(card["price_minor"], 1) / self.price_minor)
        return liked * coloured * (0.4 + exp(-0.5 * (distance / 0.9) ** 2))

    def favourite(self, rng: np.random.Generator) -> str:
        """A favourite category, by weight."""
        return str(rng.choice(list(self.categories), p=np.array(list(self.categories.values())) / sum(self.categories.values())))

    def choose(self, cards: Sequence[Card], rng: np.random.Generator) -> int:
        """The place of the card that is looked at next, by liking; those at the front are seen more."""
        pull = np.array([self.liking(card) / (1 + 0.12 * place) for place, card in enumerate(cards)])
        return int(rng.choice(len(cards), p=pull / pull.sum()))
