"""How ordered goods were customised: what was engraved, chosen or sent, and what it added to the price."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from marketplace.simulation.catalog import Catalogue
from marketplace.simulation.columns import named, parts
from marketplace.simulation.config import SimulationConfig
from marketplace.simulation.options import KINDS, NAMES, Options

_TO_ENGRAVE = (
    "Ma", "Baba", "Nusrat", "Tanvir & Sadia", "শুভ জন্মদিন", "Forever", "Happy Eid", "Ayesha", "A + R", "মা", "Class of 26", "Home",
)  # fmt: skip
_PHOTO = "photo-on-file.jpg"
_NO_LIMIT = 1_000  # characters, more than any text here has


@dataclass(frozen=True)
class Customisations:
    """One row per option taken on an order line; `value` is a number in `texts`."""

    line: np.ndarray
    option: np.ndarray
    price: np.ndarray
    value: np.ndarray
    texts: tuple[str, ...]
    options: Options

    def tables(self, config: SimulationConfig) -> Iterator[pl.DataFrame]:
        """`shop.order_customisations`."""
        for part in parts(len(self.line)):
            option = self.option[part]
            limit = self.options.max_length[option].astype(np.int64)
            rows = pl.DataFrame(
                {
                    "order_customisation_id": config.ids("q", np.arange(part.start, part.stop)),
                    "order_item_id": config.ids("i", self.line[part]),
                    "customisation_id": config.ids("k", option),
                    "name": named(NAMES, self.options.name[option]),
                    "value": named(self.texts, self.value[part]),
                    "price_minor": self.price[part],
                    "limit": np.where(limit > 0, limit, _NO_LIMIT),
                }
            )
            yield rows.with_columns(pl.col("value").str.slice(0, pl.col("limit"))).drop("limit")


def customise(config: SimulationConfig, catalogue: Catalogue, product: np.ndarray) -> Customisations:
    """What was taken on lines of these products: everything required, and some of the rest."""
    rng = config.rng("customisations")
    options = catalogue.options
    offered = options.start[product + 1] - options.start[product]
    line = np.repeat(np.arange(len(product)), offered)
    option = options.start[product][line] + np.arange(len(line)) - (np.cumsum(offered) - offered)[line]
    taken = options.is_required[option] | (rng.random(len(option)) < 0.38)
    line, option = line[taken], option[taken]
    which = options.choice_set[option]
    sizes = np.array([len(choices.values) for choices in options.choice_sets] or [1])
    starts = np.cumsum(sizes) - sizes
    pick = np.where(which >= 0, (rng.random(len(option)) ** 1.6 * sizes[which]).astype(np.int64), 0)
    choice_prices = np.array([price for choices in options.choice_sets for price in choices.prices] or [0])
    chosen = tuple(value for choices in options.choice_sets for value in choices.values)
    spot = np.where(which >= 0, starts[which] + pick, 0)
    engraved = len(chosen) + 1 + rng.integers(0, len(_TO_ENGRAVE), len(option))
    kind = options.kind[option]
    return Customisations(
        line=line,
        option=option,
        price=options.price[option] + np.where(which >= 0, choice_prices[spot], 0),
        value=np.where(kind == KINDS.index("choice"), spot, np.where(kind == KINDS.index("photo"), len(chosen), engraved)),
        texts=(*chosen, _PHOTO, *_TO_ENGRAVE),
        options=options,
    )
