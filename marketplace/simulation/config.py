"""What a simulated marketplace is asked to be, and the streams of randomness and ids that make it reproducible."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from marketplace.errors import InvalidInputError
from marketplace.simulation import words
from marketplace.simulation.columns import hexadecimal

MICROSECONDS = 1_000_000
HOUR = 3600 * MICROSECONDS
DAY = 24 * HOUR
CURRENCY = "BDT"
TIME_ZONE = "Asia/Dhaka"
# Customers who are drawn together and whose visits are in memory together. Part of what a seed means: another number is
# another marketplace.
COHORT = 2_000
VISITS_PER_DAY = 0.40
LARGEST = 20_000_000  # customers; numbers of devices and cards of different kinds stay apart below it


@dataclass(frozen=True)
class SimulationConfig:
    """Size, seed and window; equal values give equal files, byte for byte.

    `until` is exclusive: nothing happens at or after it. Without `products` and `sellers` there is a product for four
    customers and a seller for thirty.
    """

    customers: int
    days: int
    seed: int
    until: datetime
    products: int = 0
    sellers: int = 0
    visits_per_day: float = VISITS_PER_DAY

    def __post_init__(self) -> None:
        if self.customers < 50 or self.days < 14:
            raise InvalidInputError(
                f"a simulation needs at least 50 customers and 14 days, got {self.customers} and {self.days}; ask for more"
            )
        if self.customers > LARGEST:
            raise InvalidInputError(f"a simulation has at most {LARGEST:,} customers, got {self.customers:,}; ask for fewer")
        if self.until.tzinfo is None:
            raise InvalidInputError(f"until must carry a time zone, got {self.until.isoformat()}; use UTC")
        fewest = 2 * len(words.LEAVES)
        products = self.products or max(120, self.customers // 4)
        sellers = self.sellers or max(12, min(self.customers // 30, products))
        if products < fewest or not 2 <= sellers <= products:
            raise InvalidInputError(
                f"a simulation needs at least {fewest} products and from 2 to as many sellers, got {products} and {sellers}"
            )
        if not 0.01 <= self.visits_per_day <= 10:
            raise InvalidInputError(f"customers come 0.01 to 10 times a day, got {self.visits_per_day}")
        object.__setattr__(self, "products", products)
        object.__setattr__(self, "sellers", sellers)

    @property
    def end(self) -> int:
        """`until` in microseconds since 1970."""
        return microseconds(self.until)

    @property
    def start(self) -> int:
        return self.end - self.days * DAY

    @property
    def cohorts(self) -> Iterator[range]:
        """The numbers of all customers, as many at a time as are drawn together."""
        return (range(start, min(start + COHORT, self.customers)) for start in range(0, self.customers, COHORT))

    def rng(self, stage: str) -> np.random.Generator:
        """A stream of its own for each stage, so that a change in one leaves the others as they were."""
        return np.random.default_rng([self.seed, zlib.crc32(stage.encode())])

    def ids(self, kind: str, index: np.ndarray) -> pl.Series:
        """Opaque ids, one-to-one with `index` below 2**32; their order tells nothing of time or kind."""
        return hexadecimal(self.mixed(kind, index), kind)

    def mixed(self, kind: str, index: np.ndarray) -> np.ndarray:
        """The numbers that `ids` writes; ids of one kind sort as these do."""
        offset = zlib.crc32(f"{self.seed}:{kind}".encode())
        mixed: np.ndarray = (np.asarray(index, dtype=np.uint64) * np.uint64(2654435761) + np.uint64(offset)) & np.uint64(
            0xFFFFFFFF
        )
        return mixed


def customer_ids(config: SimulationConfig, number: np.ndarray) -> pl.Series:
    """Ids of customers by number; sellers' owners come before them in the same series."""
    return config.ids("u", config.sellers + np.asarray(number, dtype=np.int64))


def last_midnight(now: datetime) -> datetime:
    """The last UTC midnight at or before `now`."""
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def microseconds(instant: datetime) -> int:
    """Whole microseconds since 1970, without a detour through floats."""
    return (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
