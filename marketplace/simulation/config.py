"""What a simulated marketplace is asked to be, and the streams of randomness and ids that make it reproducible."""

import zlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from marketplace.errors import InvalidInputError

MICROSECONDS = 1_000_000
HOUR = 3600 * MICROSECONDS
DAY = 24 * HOUR
CURRENCY = "BDT"
TIME_ZONE = "Asia/Dhaka"


@dataclass(frozen=True)
class SimulationConfig:
    """Size, seed and window; equal values give equal files, byte for byte.

    `until` is exclusive: nothing happens at or after it.
    """

    customers: int
    days: int
    seed: int
    until: datetime

    def __post_init__(self) -> None:
        if self.customers < 50 or self.days < 14:
            raise InvalidInputError(
                f"a simulation needs at least 50 customers and 14 days, got {self.customers} and {self.days}; ask for more"
            )
        if self.until.tzinfo is None:
            raise InvalidInputError(f"until must carry a time zone, got {self.until.isoformat()}; use UTC")

    @property
    def products(self) -> int:
        return max(120, self.customers // 4)

    @property
    def sellers(self) -> int:
        return max(12, self.customers // 30)

    @property
    def end(self) -> int:
        """`until` in microseconds since 1970."""
        return microseconds(self.until)

    @property
    def start(self) -> int:
        return self.end - self.days * DAY

    def rng(self, stage: str) -> np.random.Generator:
        """A stream of its own for each stage, so that a change in one leaves the others as they were."""
        return np.random.default_rng([self.seed, zlib.crc32(stage.encode())])

    def ids(self, kind: str, index: np.ndarray) -> np.ndarray:
        """Opaque ids, one-to-one with `index` below 2**32; their order tells nothing of time or kind."""
        offset = zlib.crc32(f"{self.seed}:{kind}".encode())
        mixed = (np.asarray(index, dtype=np.uint64) * np.uint64(2654435761) + np.uint64(offset)) & np.uint64(0xFFFFFFFF)
        return np.array([f"{kind}{value:08x}" for value in mixed.tolist()], dtype=object)


def last_midnight(now: datetime) -> datetime:
    """The last UTC midnight at or before `now`."""
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def microseconds(instant: datetime) -> int:
    """Whole microseconds since 1970, without a detour through floats."""
    return (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
