"""Sellers, categories, products and their customisations."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from marketplace.simulation import places, words
from marketplace.simulation.config import CURRENCY, DAY, TIME_ZONE, SimulationConfig
from marketplace.simulation.listings import COLOUR_NAMES, build_listings
from marketplace.simulation.options import Options, build_options

LEAF_COUNT = len(words.LEAVES)


@dataclass(frozen=True)
class Catalogue:
    """Sellers and products as arrays (products sorted by leaf category) and as shop tables.

    `listed_at` and `joined_at` in microseconds; prices in minor units; `quality` and `seller_quality` from 0 to 1.
    """

    seller_ids: np.ndarray
    seller_town: np.ndarray
    seller_quality: np.ndarray
    commission_bps: np.ndarray
    joined_at: np.ndarray
    product_ids: np.ndarray
    seller: np.ndarray
    leaf: np.ndarray
    leaf_start: np.ndarray
    price: np.ndarray
    colour: np.ndarray
    style: np.ndarray
    quality: np.ndarray
    popularity: np.ndarray
    listed_at: np.ndarray
    options: Options
    tables: dict[str, pl.DataFrame]
    truth: dict[str, pl.DataFrame]


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
    product_ids, seller_ids = config.ids("p", np.arange(products)), config.ids("s", np.arange(sellers))
    options = build_options(config.rng("options"), leaf, price, config.ids)
    town = rng.choice(places.AT_HOME, sellers, p=places.WEIGHTS[places.AT_HOME] / places.WEIGHTS[places.AT_HOME].sum())
    commission = rng.choice([800, 1000, 1200, 1500], sellers, p=[0.2, 0.5, 0.2, 0.1])
    listing, listing_truth = build_listings(config, leaf, colour, style)
    tables = _seller_tables(config, seller_ids, town, joined_at, commission) | {
        "categories": _categories(),
        "products": pl.DataFrame(
            {"product_id": product_ids.astype(str), "seller_id": seller_ids[seller].astype(str)}
            | {"category_id": [category_id(words.LEAVES[number].path) for number in leaf.tolist()]}
            | listing
            | {
                "price_minor": price,
                "currency": CURRENCY,
                "weight_grams": (base * rng.uniform(0.2, 0.9, products)).astype(np.int32) + 40,
                "is_active": rng.random(products) > 0.01,
                "listed_at": instants(listed_at),
            }
        ),
        "customisations": options.table(product_ids),
    }
    truth = {
        "sellers": pl.DataFrame({"seller_id": seller_ids.astype(str), "quality": seller_quality}),
        "products": pl.DataFrame(
            {"product_id": product_ids.astype(str), "quality": quality, "popularity": popularity} | listing_truth
        ),
    }
    leaf_start = np.searchsorted(leaf, np.arange(LEAF_COUNT + 1))
    return Catalogue(
        seller_ids, town, seller_quality, commission, joined_at, product_ids, seller, leaf, leaf_start, price, colour, style,
        quality, popularity, listed_at, options, tables, truth,
    )  # fmt: skip


def instants(microseconds: np.ndarray) -> pl.Series:
    """Microseconds since 1970 as UTC timestamps; negative stands for null."""
    series = pl.Series(np.asarray(microseconds, dtype=np.int64))
    return series.set(series < 0, None).cast(pl.Datetime("us", "UTC"))


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
    chosen: np.ndarray = (cumulative[leaf] < rng.random(len(leaf))[:, None]).sum(axis=1).clip(0, sellers - 1)
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


def _categories() -> pl.DataFrame:
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


_SHOP_FIRST = (
    "Rupali",
    "Shapla",
    "Nakshi",
    "Aarong Para",
    "Mati",
    "Sonargaon",
    "Padma",
    "Meghna",
    "Bonolota",
    "Kantha Ghar",
    "Dhakai",
    "Surma",
    "Titas",
    "Krishnochura",
    "Palki",
    "Alpona",
)
_SHOP_LAST = ("Crafts", "Studio", "Handloom", "Workshop", "Atelier", "Collective", "House", "Makers")


def _seller_tables(
    config: SimulationConfig, seller_ids: np.ndarray, town: np.ndarray, joined_at: np.ndarray, commission: np.ndarray
) -> dict[str, pl.DataFrame]:
    """Owners as users with the seller's role, and their shops."""
    rng = config.rng("sellers")
    count = len(seller_ids)
    owner = config.ids("u", np.arange(count)).astype(str)
    names = [
        f"{_SHOP_FIRST[first]} {_SHOP_LAST[last]}" + (f" {number}" if number >= len(_SHOP_FIRST) * 2 else "")
        for number, (first, last) in enumerate(
            zip(rng.integers(0, len(_SHOP_FIRST), count).tolist(), rng.integers(0, len(_SHOP_LAST), count).tolist(), strict=True)
        )
    ]
    users = pl.DataFrame(
        {
            "user_id": owner,
            "role": "seller",
            "email": [f"shop{number}@sellers.example" for number in range(count)],
            "full_name": [f"Owner of {name}" for name in names],
            "locale": np.where(rng.random(count) < 0.4, "bn", "en"),
            "signed_up_at": instants(joined_at),
        }
    )
    sellers = pl.DataFrame(
        {
            "seller_id": seller_ids.astype(str),
            "user_id": owner,
            "shop_name": names,
            "status": "approved",
            "city": places.NAMES[town],
            "region": places.REGIONS[town],
            "country_code": places.COUNTRIES[town],
            "latitude": places.LATITUDES[town] + rng.normal(0, 0.02, count),
            "longitude": places.LONGITUDES[town] + rng.normal(0, 0.02, count),
            "time_zone": TIME_ZONE,
            "commission_bps": commission.astype(np.int32),
            "joined_at": instants(joined_at),
        }
    )
    return {"seller_users": users, "sellers": sellers}
