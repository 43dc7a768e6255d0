"""Shops and their owners."""

import numpy as np
import polars as pl

from marketplace.simulation import places
from marketplace.simulation.catalog import Catalogue
from marketplace.simulation.columns import instants, named
from marketplace.simulation.config import TIME_ZONE, SimulationConfig

_SHOP_FIRST = (
    "Rupali", "Shapla", "Nakshi", "Aarong Para", "Mati", "Sonargaon", "Padma", "Meghna", "Bonolota", "Kantha Ghar", "Dhakai",
    "Surma", "Titas", "Krishnochura", "Palki", "Alpona",
)  # fmt: skip
_SHOP_LAST = ("Crafts", "Studio", "Handloom", "Workshop", "Atelier", "Collective", "House", "Makers")


def seller_tables(config: SimulationConfig, catalogue: Catalogue) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Owners as users with the seller's role, and `shop.sellers`."""
    rng = config.rng("sellers")
    number = np.arange(config.sellers)
    count, town, joined_at = len(number), catalogue.seller_town, instants(catalogue.joined_at)
    first, last = rng.integers(0, len(_SHOP_FIRST), count), rng.integers(0, len(_SHOP_LAST), count)
    names = [
        f"{_SHOP_FIRST[one]} {_SHOP_LAST[other]}" + (f" {shop}" if shop >= len(_SHOP_FIRST) * 2 else "")
        for shop, (one, other) in enumerate(zip(first.tolist(), last.tolist(), strict=True))
    ]
    owner = config.ids("u", number)
    users = pl.DataFrame(
        {
            "user_id": owner,
            "role": "seller",
            "email": [f"shop{shop}@sellers.example" for shop in range(count)],
            "full_name": [f"Owner of {name}" for name in names],
            "locale": named(("en", "bn"), rng.random(count) < 0.4),
            "signed_up_at": joined_at,
        }
    )
    sellers = pl.DataFrame(
        {
            "seller_id": config.ids("s", number),
            "user_id": owner,
            "shop_name": names,
            "status": "approved",
            "city": named(places.NAMES, town),
            "region": named(places.REGIONS, town),
            "country_code": named(places.COUNTRIES, town),
            "latitude": places.LATITUDES[town] + rng.normal(0, 0.02, count),
            "longitude": places.LONGITUDES[town] + rng.normal(0, 0.02, count),
            "time_zone": TIME_ZONE,
            "commission_bps": catalogue.commission_bps.astype(np.int32),
            "joined_at": joined_at,
        }
    )
    return users, sellers
