"""Doors that parcels go to, kept as numbers until their rows are written."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from marketplace.simulation import places
from marketplace.simulation.columns import digests_as_text, named, parts
from marketplace.simulation.config import SimulationConfig, customer_ids

ADDRESS_KIND = "a"
_STREETS = ("Station Road", "College Road", "Mirpur Road", "Bazar Lane", "Lake Circus", "Green Road", "Court Road", "School Para")


@dataclass(frozen=True)
class Doors:
    """Addresses by number: whose, in which town and house, and where in the town (shares of its width)."""

    customer: np.ndarray
    town: np.ndarray
    house: np.ndarray
    is_default: np.ndarray
    east: np.ndarray
    north: np.ndarray

    def __len__(self) -> int:
        return len(self.customer)

    def hashes(self, numbers: np.ndarray) -> pl.Series:
        """What two addresses have in common exactly if they are one building, for each of `numbers`."""
        texts = zip(self.lines(numbers), places.NAMES[self.town[numbers]].tolist(), strict=True)
        digests = b"".join(hashlib.sha256(f"{line}|{town}".lower().encode()).digest()[:16] for line, town in texts)
        return digests_as_text(np.frombuffer(digests, dtype=np.uint8).reshape(-1, 16))

    def lines(self, numbers: np.ndarray) -> list[str]:
        """House and street of each of `numbers`."""
        houses = self.house[numbers]
        plots, streets = houses // len(_STREETS) + 1, houses % len(_STREETS)
        return [f"House {plot}, {_STREETS[street]}" for plot, street in zip(plots.tolist(), streets.tolist(), strict=True)]


class AddressBook:
    """Addresses in the order they were added; a number is a row."""

    def __init__(self) -> None:
        self._parts: list[Doors] = []
        self._count = 0

    def add(self, customer: np.ndarray, town: np.ndarray, *, house: np.ndarray, is_default: bool) -> np.ndarray:
        """Numbers of new addresses of `customer`s in `town`s; equal `house` numbers are one building, one `address_hash`."""
        near = (house.astype(np.uint64) * np.uint64(2654435761) & np.uint64(0xFFFFFFFF)).astype(np.float64) / 2**32 - 0.5
        numbers = self._count + np.arange(len(customer))
        self._parts.append(
            Doors(
                customer.astype(np.int32), town.astype(np.int8), house.astype(np.int64), np.full(len(customer), is_default), near,
                np.roll(near, 1),
            )
        )  # fmt: skip
        self._count += len(customer)
        return numbers

    @cached_property
    def doors(self) -> Doors:
        """All addresses; read it once the last was added."""
        fields = Doors.__dataclass_fields__
        return Doors(**{name: np.concatenate([getattr(part, name) for part in self._parts]) for name in fields})


def address_table(config: SimulationConfig, doors: Doors, names: pl.Series) -> Iterator[pl.DataFrame]:
    """`shop.addresses`; `names` by number of customer."""
    for part in parts(len(doors)):
        numbers = np.arange(part.start, part.stop)
        town, house, customer = doors.town[part], doors.house[part], doors.customer[part]
        yield pl.DataFrame(
            {
                "address_id": config.ids(ADDRESS_KIND, numbers),
                "user_id": customer_ids(config, customer),
                "line_1": pl.Series(doors.lines(numbers), dtype=pl.String),
                "city": named(places.NAMES, town),
                "region": named(places.REGIONS, town),
                "postcode": pl.Series(1000 + house % 8500).cast(pl.String),
                "country_code": named(places.COUNTRIES, town),
                "latitude": places.LATITUDES[town] + doors.east[part] * 0.12,
                "longitude": places.LONGITUDES[town] + doors.north[part] * 0.12,
                "address_hash": doors.hashes(numbers),
                "is_default": doors.is_default[part],
                "recipient_name": names.gather(customer),
            }
        )
