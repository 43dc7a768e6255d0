"""Sellers, categories, products and their customisations."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import polars as pl

from marketplace.simulation import places, words
from marketplace.simulation.columns import instants, named, parts
from marketplace.simulation.config import CURRENCY, DAY, SimulationConfig
from marketplace.simulation.listings import COLOUR_NAMES, Listings
from marketplace.simulation.options import Options, build_options

LEAF_COUNT = len(words.LEAVES)


@dataclass(frozen=True)
class Catalogue:
    """Sellers and products as arrays; products are sorted by leaf category, `leaf_start` says where each begins.

    `listed_at` and `joined_at` in microseconds; prices in minor units; `quality` and `seller_quality` from 0 to 1.
    """

    seller_town: np.ndarray
    seller_quality: np.ndarray
    commission_bps: np.ndarray
    joined_at: np.ndarray
    seller: np.ndarray
    leaf: np.ndarray
    leaf_start: np.ndarray
    price: np.ndarray
    colour: np.ndarray
    style: np.ndarray
    quality: np.ndarray
    popularity: np.ndarray
    listed_at: np.ndarray
    weight_grams: np.ndarray
    is_active: np.ndarray
    options: Options


def build_catalogue(config: SimulationConfig) -> Catalogue:
    """Everything that is for sale, and who sells it."""
    rng = config.rng("catalog")
    sellers, products = config.sellers, config.products
    seller_quality = rng.beta(5, 2.2, sellers)
    joined_at = config.start - (rng.random(sellers) ** 1.5 * 700 * DAY).astype(np.int64)
    newcomers = rng.random(sellers) < 0.12
    joined_at[newcomers] = config.start + (rng.random(newcomers.sum()) * 0.6 * config.days * DAY).astype(np.int64)
    joined_at = joined_at // DAY * DAY + 9 * 3600 * 1_000_000
    leaf = _leaves_of_products(rng, products)
    seller = _sellers_of_products(rng, leaf, sellers, joined_at <= config.start)
    listed_at = _listing_times(rng, config, joined_at[seller], leaf)
    style = rng.integers(0, len(words.STYLE_NAMES), products)
    colour = rng.choice(len(COLOUR_NAMES), products, p=_colour_shares())
    quality = np.clip(0.55 * seller_quality[seller] + 0.45 * rng.beta(5, 2, products), 0, 1)
    ranks = rng.permutation(products) + 1
    popularity = (ranks + 3.0) ** -0.75 * (0.5 + quality)
    base = np.array([leaf.price for leaf in words.LEAVES])[leaf]
    price = np.maximum(60, np.round(base * np.exp(rng.normal(0, 0.38, products)) / 10) * 10).astype(np.int64) * 100
    town = rng.choice(places.AT_HOME, sellers, p=places.WEIGHTS[places.AT_HOME] / places.WEIGHTS[places.AT_HOME].sum())
    commission = rng.choice([800, 1000, 1200, 1500], sellers, p=[0.2, 0.5, 0.2, 0.1])
    return Catalogue(
        seller_town=town, seller_quality=seller_quality, commission_bps=commission, joined_at=joined_at, seller=seller, leaf=leaf,
        leaf_start=np.searchsorted(leaf, np.arange(LEAF_COUNT + 1)), price=price, colour=colour, style=style, quality=quality,
        popularity=popularity, listed_at=listed_at,
        weight_grams=(base * rng.uniform(0.2, 0.9, products)).astype(np.int32) + 40, is_active=rng.random(products) > 0.01,
        options=build_options(config.rng("options"), leaf, price),
    )  # fmt: skip


def product_tables(config: SimulationConfig, catalogue: Catalogue) -> Iterator[tuple[str, pl.DataFrame]]:
    """`shop.products` and what was planted in them, in parts: pictures and texts are by far the largest of the catalogue."""
    write = Listings(config, catalogue.leaf, catalogue.colour, catalogue.style)
    categories = [category_id(leaf.path) for leaf in words.LEAVES]
    for part in parts(config.products):
        ids = config.ids("p", np.arange(part.start, part.stop))
        listing, truth = write(part)
        facts = {
            "price_minor": catalogue.price[part],
            "currency": CURRENCY,
            "weight_grams": catalogue.weight_grams[part],
            "is_active": catalogue.is_active[part],
            "listed_at": instants(catalogue.listed_at[part]),
        }
        named_by = {"category_id": named(categories, catalogue.leaf[part])}
        yield (
            "products",
            pl.DataFrame({"product_id": ids, "seller_id": config.ids("s", catalogue.seller[part])} | named_by | listing | facts),
        )
        planted = {"quality": catalogue.quality[part], "popularity": catalogue.popularity[part]}
        # Of a part whose categories have no season, polars would not know the type.
        typed = {name: pl.Series(values, dtype=pl.String) for name, values in truth.items()}
        yield "truth/products", pl.DataFrame({"product_id": ids} | planted | typed)


def truth_of_sellers(config: SimulationConfig, catalogue: Catalogue) -> pl.DataFrame:
    """What was planted in each shop."""
    return pl.DataFrame({"seller_id": config.ids("s", np.arange(config.sellers)), "quality": catalogue.seller_quality})


def category_id(path: str) -> str:
    """The id of the category at `path`: readable, because categories are few and known."""
    return "cat-" + "-".join(path.lower().replace("-", " ").replace(">", " ").split())


def _leaves_of_products(rng: np.random.Generator, products: int) -> np.ndarray:
    """Sorted leaf of each product; every leaf has at least two."""
    shares = rng.dirichlet(np.full(LEAF_COUNT, 4.0))
    free = rng.choice(LEAF_COUNT, products - 2 * LEAF_COUNT, p=shares)
    return np.sort(np.concatenate([np.repeat(np.arange(LEAF_COUNT), 2), free]))


def _sellers_of_products(rng: np.random.Generator, leaf: np.ndarray, sellers: int, is_established: np.ndarray) -> np.ndarray:
    """Seller of each product: each keeps to a few leaves, big shops sell more; the first of a leaf is an old shop's."""
    size = rng.pareto(1.6, sellers) + 0.5
    likes = rng.gamma(0.25, 1.0, (sellers, LEAF_COUNT)) * size[:, None] + 1e-9
    cumulative = np.cumsum(likes / likes.sum(axis=0), axis=0).T
    u = rng.random(len(leaf))
    chosen = np.empty(len(leaf), dtype=np.int64)
    for number, (start, end) in enumerate(pairwise(np.searchsorted(leaf, np.arange(LEAF_COUNT + 1)).tolist())):
        chosen[start:end] = np.searchsorted(cumulative[number], u[start:end])
    chosen = chosen.clip(0, sellers - 1)
    firsts = np.searchsorted(leaf, np.arange(LEAF_COUNT))
    established = np.flatnonzero(is_established) if is_established.any() else np.array([0])
    chosen[firsts] = rng.choice(established, LEAF_COUNT)
    chosen[firsts + 1] = np.arange(LEAF_COUNT) % sellers  # no shop without a product while there are few
    return chosen


def _listing_times(rng: np.random.Generator, config: SimulationConfig, joined_at: np.ndarray, leaf: np.ndarray) -> np.ndarray:
    """When each product was listed: most before the window, some during it, a few in its last week (cold)."""
    count = len(leaf)
    when = config.start - (rng.random(count) * 300 * DAY).astype(np.int64)
    during = rng.random(count) < 0.24
    when[during] = config.start + (rng.random(during.sum()) * (config.days - 7) * DAY).astype(np.int64)
    cold = rng.random(count) < 0.05
    when[cold] = config.end - (rng.random(cold.sum()) ** 2 * 6.5 * DAY).astype(np.int64) - DAY // 12
    when[np.searchsorted(leaf, np.arange(LEAF_COUNT))] = config.start - 200 * DAY
    earliest = joined_at + 3600 * 1_000_000
    first_of_leaf = np.searchsorted(leaf, np.arange(LEAF_COUNT))
    listed = np.maximum(when // 1000 * 1000, earliest)
    listed[first_of_leaf] = np.minimum(listed[first_of_leaf], config.start)
    instants_listed: np.ndarray = np.maximum(listed, joined_at)
    return instants_listed


def _colour_shares() -> np.ndarray:
    shares: np.ndarray = np.linspace(1.4, 0.6, len(COLOUR_NAMES))
    shares /= shares.sum()
    return shares


def category_table() -> pl.DataFrame:
    """`shop.categories`, parents before children."""
    rows: dict[str, tuple[str | None, str, str | None]] = {}
    for leaf in words.LEAVES:
        steps = leaf.path.split(" > ")
        for depth in range(1, len(steps) + 1):
            path, is_leaf = " > ".join(steps[:depth]), depth == len(steps)
            parent = category_id(" > ".join(steps[: depth - 1])) if depth > 1 else None
            rows.setdefault(path, (parent, steps[depth - 1], leaf.name_bn if is_leaf else words.TOPS_BN[steps[depth - 1]]))
    ordered = sorted(rows, key=lambda path: (path.count(">"), path))
    return pl.DataFrame(
        {
            "category_id": [category_id(path) for path in ordered],
            "parent_category_id": [rows[path][0] for path in ordered],
            "name": [rows[path][1] for path in ordered],
            "name_bn": [rows[path][2] for path in ordered],
            "path": ordered,
        }
    )
