"""Towns of the simulation and the made-up networks that stand in them.

The 10.0.0.0/8 addresses mean nothing outside this simulation: `shop.networks` carries them with `is_simulated`.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl


@dataclass(frozen=True)
class Town:
    """A town, its region and country, coordinates in degrees and its share of customers."""

    name: str
    region: str
    country_code: str
    latitude: float
    longitude: float
    weight: float


TOWNS: tuple[Town, ...] = (
    Town("Dhaka", "Dhaka", "BD", 23.8103, 90.4125, 34),
    Town("Gazipur", "Dhaka", "BD", 23.9999, 90.4203, 6),
    Town("Narayanganj", "Dhaka", "BD", 23.6238, 90.5000, 5),
    Town("Tangail", "Dhaka", "BD", 24.2513, 89.9167, 3),
    Town("Chattogram", "Chattogram", "BD", 22.3569, 91.7832, 13),
    Town("Cumilla", "Chattogram", "BD", 23.4607, 91.1809, 4),
    Town("Cox's Bazar", "Chattogram", "BD", 21.4272, 92.0058, 2),
    Town("Rajshahi", "Rajshahi", "BD", 24.3745, 88.6042, 6),
    Town("Bogura", "Rajshahi", "BD", 24.8465, 89.3773, 3),
    Town("Khulna", "Khulna", "BD", 22.8456, 89.5403, 6),
    Town("Jashore", "Khulna", "BD", 23.1664, 89.2081, 3),
    Town("Sylhet", "Sylhet", "BD", 24.8949, 91.8687, 6),
    Town("Barishal", "Barishal", "BD", 22.7010, 90.3535, 3),
    Town("Rangpur", "Rangpur", "BD", 25.7439, 89.2752, 3),
    Town("Mymensingh", "Mymensingh", "BD", 24.7471, 90.4203, 3),
    Town("London", "England", "GB", 51.5072, -0.1276, 0.9),
    Town("New York", "New York", "US", 40.7128, -74.0060, 0.6),
    Town("Dubai", "Dubai", "AE", 25.2048, 55.2708, 0.6),
    Town("Kuala Lumpur", "Kuala Lumpur", "MY", 3.1390, 101.6869, 0.5),
    Town("Toronto", "Ontario", "CA", 43.6532, -79.3832, 0.4),
    Town("Singapore", "Singapore", "SG", 1.3521, 103.8198, 0.3),
    Town("Frankfurt", "Hesse", "DE", 50.1109, 8.6821, 0.2),
    Town("Sydney", "New South Wales", "AU", -33.8688, 151.2093, 0.2),
)

NAMES = np.array([town.name for town in TOWNS])
REGIONS = np.array([town.region for town in TOWNS])
COUNTRIES = np.array([town.country_code for town in TOWNS])
LATITUDES = np.array([town.latitude for town in TOWNS])
LONGITUDES = np.array([town.longitude for town in TOWNS])
WEIGHTS = np.array([town.weight for town in TOWNS]) / sum(town.weight for town in TOWNS)
HOME_COUNTRY = "BD"
IS_ABROAD = COUNTRIES != HOME_COUNTRY
ABROAD = np.flatnonzero(IS_ABROAD)
AT_HOME = np.flatnonzero(~IS_ABROAD)
CAPITAL = 0
UNKNOWN = -1  # a session whose network stands nowhere in the table


def networks() -> pl.DataFrame:
    """`shop.networks`: one /16 per town."""
    return pl.DataFrame(
        {
            "network": [f"10.{10 + index}.0.0/16" for index in range(len(TOWNS))],
            "country_code": COUNTRIES,
            "city": NAMES,
            "latitude": LATITUDES,
            "longitude": LONGITUDES,
            "is_simulated": True,
        }
    )


def addresses_in(towns: np.ndarray, hosts: np.ndarray) -> pl.Series:
    """Dotted addresses inside the towns' networks; 10.250.x.x, which no network holds, where a town is `UNKNOWN`."""
    second = np.where(towns == UNKNOWN, 250, 10 + towns)
    numbers = pl.DataFrame({"a": second, "b": hosts // 254 % 254, "c": hosts % 254 + 1})
    return numbers.select(pl.format("10.{}.{}.{}", "a", "b", "c").alias("address"))["address"]
