"""Customisation options of products: text to engrave, sizes, colours, a photograph, a gift wrap, each with its price."""

import json
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl

from marketplace.simulation import words


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

    ids: np.ndarray
    product: np.ndarray
    start: np.ndarray
    name: np.ndarray
    kind: np.ndarray
    is_required: np.ndarray
    max_length: np.ndarray
    price: np.ndarray
    choice_set: np.ndarray  # index into `choice_sets`, -1 for text and photo
    choice_sets: tuple[Choices, ...]
    position: np.ndarray

    def table(self, product_ids: np.ndarray) -> pl.DataFrame:
        """`shop.customisations`."""
        texts = ["[]", *(choices.as_json() for choices in self.choice_sets)]
        return pl.DataFrame(
            {
                "customisation_id": self.ids.astype(str),
                "product_id": product_ids[self.product].astype(str),
                "name": self.name.astype(str),
                "kind": self.kind.astype(str),
                "is_required": self.is_required,
                "max_length": pl.Series([length or None for length in self.max_length.tolist()], dtype=pl.Int32),
                "price_minor": self.price,
                "choices": [texts[number + 1] for number in self.choice_set.tolist()],
                "position": self.position.astype(np.int16),
            }
        )


def build_options(
    rng: np.random.Generator, leaf: np.ndarray, price: np.ndarray, ids: Callable[[str, np.ndarray], np.ndarray]
) -> Options:
    """Options for every product by the letters of its category, dearer products with dearer options."""
    rows: list[tuple] = []
    sets: list[Choices] = []
    for product, (leaf_number, minor) in enumerate(zip(leaf.tolist(), price.tolist(), strict=True)):
        letters = words.LEAVES[leaf_number].options
        offered = [letter for letter in letters if rng.random() < 0.85] or [letters[0]]
        if rng.random() < 0.6:
            offered.append("w")
        for position, letter in enumerate(offered):
            *described, choices = _option(letter, minor, rng)
            rows.append((product, *described, len(sets) if choices else -1, position))
            if choices:
                sets.append(choices)
    columns: list[np.ndarray] = [np.array(column) for column in zip(*rows, strict=True)]
    product_of, name, kind, is_required, length, extra, choice_set, places_of = columns
    return Options(
        ids=ids("k", np.arange(len(rows))),
        product=product_of,
        start=np.searchsorted(product_of, np.arange(len(leaf) + 1)),
        name=name,
        kind=kind,
        is_required=is_required,
        max_length=length,
        price=extra,
        choice_set=choice_set,
        choice_sets=tuple(sets),
        position=places_of,
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
