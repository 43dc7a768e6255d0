"""Customisation options of products: text to engrave, sizes, colours, a photograph, a gift wrap, each with its price."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from marketplace.simulation import words
from marketplace.simulation.columns import masked, named, parts
from marketplace.simulation.config import SimulationConfig

NAMES = ("Engraving", "Embroidered name", "Your photograph", "Size", "Colour", "Gift wrap")
KINDS = ("text", "photo", "choice")


@dataclass(frozen=True)
class Choices:
    """The values of one choice option and what each adds, in minor units."""

    values: tuple[str, ...]
    labels: tuple[str, ...]
    prices: tuple[int, ...]

    def as_json(self) -> str:
        rows = zip(self.values, self.labels, self.prices, strict=True)
        return json.dumps([{"value": value, "label": label, "price_minor": price} for value, label, price in rows])


@dataclass(frozen=True)
class Options:
    """All options, those of a product side by side: product `i` owns `start[i]` to `start[i + 1]`."""

    product: np.ndarray
    start: np.ndarray
    name: np.ndarray  # number in NAMES
    kind: np.ndarray  # number in KINDS
    is_required: np.ndarray
    max_length: np.ndarray
    price: np.ndarray
    choice_set: np.ndarray  # number in `choice_sets`, -1 for text and photo
    choice_sets: tuple[Choices, ...]
    position: np.ndarray

    def tables(self, config: SimulationConfig) -> Iterator[pl.DataFrame]:
        """`shop.customisations`."""
        texts = pl.Series(["[]", *(choices.as_json() for choices in self.choice_sets)])
        for part in parts(len(self.product)):
            length = self.max_length[part].astype(np.int32)
            yield pl.DataFrame(
                {
                    "customisation_id": config.ids("k", np.arange(part.start, part.stop)),
                    "product_id": config.ids("p", self.product[part]),
                    "name": named(NAMES, self.name[part]),
                    "kind": named(KINDS, self.kind[part]),
                    "is_required": self.is_required[part],
                    "max_length": masked(length, length > 0),
                    "price_minor": self.price[part],
                    "choices": texts.gather(self.choice_set[part].astype(np.int64) + 1),
                    "position": self.position[part],
                }
            )


def build_options(rng: np.random.Generator, leaf: np.ndarray, price: np.ndarray) -> Options:
    """Options for every product by the letters of its category, dearer products with dearer options."""
    sets: dict[Choices, int] = {}
    collected: list[np.ndarray] = []
    for part in parts(len(leaf)):
        rows: list[tuple[int, ...]] = []
        for product, leaf_number, minor in zip(
            range(part.start, part.stop), leaf[part].tolist(), price[part].tolist(), strict=True
        ):
            letters = words.LEAVES[leaf_number].options
            offered = [letter for letter in letters if rng.random() < 0.85] or [letters[0]]
            if rng.random() < 0.6:
                offered.append("w")
            for position, letter in enumerate(offered):
                name, kind, is_required, length, extra, choices = _option(letter, minor, rng)
                choice_set = sets.setdefault(choices, len(sets)) if choices else -1
                rows.append((product, NAMES.index(name), KINDS.index(kind), is_required, length, extra, choice_set, position))
        collected.append(np.array(rows, dtype=np.int64))
    product_of, names, kinds, required, lengths, extras, choice_sets, places_of = np.concatenate(collected).T
    return Options(
        product=product_of,
        start=np.searchsorted(product_of, np.arange(len(leaf) + 1)),
        name=names.astype(np.int8),
        kind=kinds.astype(np.int8),
        is_required=required.astype(bool),
        max_length=lengths.astype(np.int16),
        price=extras.copy(),
        choice_set=choice_sets.astype(np.int32),
        choice_sets=tuple(sets),
        position=places_of.astype(np.int16),
    )


def _option(letter: str, minor: int, rng: np.random.Generator) -> tuple[str, str, bool, int, int, Choices | None]:
    """Name, kind, required, longest text, price and choices of one option on a product that costs `minor`."""
    part = max(2000, minor // 20 // 1000 * 1000)  # about 5 % of the price, in whole tens of taka
    if letter == "e":
        return "Engraving", "text", bool(rng.random() < 0.3), int(rng.choice([12, 20, 30, 40])), part, None
    if letter == "n":
        return "Embroidered name", "text", False, int(rng.choice([10, 16, 24])), part, None
    if letter == "p":
        return "Your photograph", "photo", bool(rng.random() < 0.4), 0, part * 2, None
    if letter == "s":
        sizes = Choices(("small", "medium", "large"), ("Small", "Medium", "Large"), (0, part * 2, part * 5))
        return "Size", "choice", True, 0, 0, sizes
    if letter == "c":
        picked = tuple(np.array(tuple(words.COLOURS))[np.sort(rng.choice(len(words.COLOURS), 4, replace=False))].tolist())
        return "Colour", "choice", False, 0, 0, Choices(picked, tuple(value.title() for value in picked), (0, 0, 0, part))
    return "Gift wrap", "choice", False, 0, 0, Choices(("plain", "gift-box"), ("Plain wrap", "Gift box"), (3000, 9000))
