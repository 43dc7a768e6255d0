"""Accounts of the shop: sellers' owners, customers, analysts; their names and addresses belong to nobody."""

from collections.abc import Iterator

import numpy as np
import polars as pl

from marketplace.simulation.columns import instants, named, parts
from marketplace.simulation.config import DAY, SimulationConfig, customer_ids

ANALYSTS = ("analyst-1", "analyst-2")

_FIRST = (
    "Rahim", "Karim", "Nusrat", "Farhana", "Tanvir", "Sadia", "Imran", "Mitu", "Rakib", "Sumaiya", "Arif", "Jannat", "Shakil",
    "Tasnim", "Hasan", "Ayesha", "Mahin", "Riya", "Sabbir", "Puja", "Anik", "Lamia", "Nayeem", "Shreya", "Fahim", "Maliha",
)  # fmt: skip
_LAST = (
    "Ahmed", "Hossain", "Islam", "Rahman", "Akter", "Chowdhury", "Khan", "Das", "Sarkar", "Begum", "Mia", "Roy", "Sultana",
    "Uddin", "Haque", "Barua", "Saha", "Talukder",
)  # fmt: skip
_FIRST_BN = ("রহিম", "করিম", "নুসরাত", "ফারহানা", "তানভীর", "সাদিয়া", "ইমরান", "মিতু", "রাকিব", "সুমাইয়া", "আরিফ", "জান্নাত", "শাকিল", "তাসনিম")
_LAST_BN = ("আহমেদ", "হোসেন", "ইসলাম", "রহমান", "আক্তার", "চৌধুরী", "খান", "দাস", "সরকার", "রায়", "সাহা")

_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "user_id": pl.String, "role": pl.String, "email": pl.String, "full_name": pl.String, "locale": pl.String,
    "signed_up_at": pl.Datetime("us", "UTC"), "phone": pl.String, "wants_personalisation": pl.Boolean,
}  # fmt: skip


class Shoppers:
    """Customers' accounts by number, honest ones first; texts are made for the rows that are asked for."""

    def __init__(self, config: SimulationConfig, signed_up_at: np.ndarray) -> None:
        rng = config.rng(f"names-{len(signed_up_at)}")
        count = len(signed_up_at)
        self._config = config
        self.signed_up_at = signed_up_at
        is_bengali = rng.random(count) < 0.18
        latin = rng.integers(0, len(_FIRST), count) * len(_LAST), rng.integers(0, len(_LAST), count)
        bengali = rng.integers(0, len(_FIRST_BN), count) * len(_LAST_BN), rng.integers(0, len(_LAST_BN), count)
        self._name = np.where(is_bengali, len(_FIRST) * len(_LAST) + sum(bengali), sum(latin)).astype(np.int16)
        self._phone = rng.integers(0, 10**8, count)
        self._is_bengali = is_bengali | (rng.random(count) < 0.2)
        self._wants = rng.random(count) > 0.03

    def __len__(self) -> int:
        return len(self.signed_up_at)

    def names(self) -> pl.Series:
        """Full name by number of customer."""
        every = [f"{first} {last}" for first in _FIRST for last in _LAST]
        every += [f"{first} {last}" for first in _FIRST_BN for last in _LAST_BN]
        return named(every, self._name)

    def table(self) -> Iterator[pl.DataFrame]:
        """`shop.users` rows by sign-up; e-mail at customers.example, phones under a prefix that no network uses."""
        names = self.names()
        number = np.arange(len(self))
        by_time = np.lexsort((self._config.mixed("u", self._config.sellers + number), self.signed_up_at))
        for part in parts(len(self)):
            rows = by_time[part]
            ids = customer_ids(self._config, rows)
            yield pl.DataFrame(
                {
                    "user_id": ids,
                    "role": "customer",
                    "email": "shopper" + ids.str.slice(1) + "@customers.example",
                    "full_name": names.gather(rows),
                    "locale": named(("en", "bn"), self._is_bengali[rows]),
                    "signed_up_at": instants(self.signed_up_at[rows]),
                    "phone": "+88010" + pl.Series(self._phone[rows]).cast(pl.String).str.zfill(8),
                    "wants_personalisation": self._wants[rows],
                }
            )


def users_table(config: SimulationConfig, sellers: pl.DataFrame, shoppers: Shoppers) -> Iterator[pl.DataFrame]:
    """`shop.users`: owners of shops, customers, and the two people whose labels the simulation holds."""
    yield _all_columns(sellers)
    yield from shoppers.table()
    yield _all_columns(
        pl.DataFrame(
            {
                "user_id": list(ANALYSTS),
                "role": "analyst",
                "email": [f"{name}@staff.example" for name in ANALYSTS],
                "full_name": ["Simulated analyst 1", "Simulated analyst 2"],
                "signed_up_at": instants(np.full(len(ANALYSTS), config.start - 400 * DAY)),
            }
        )
    )


def _all_columns(users: pl.DataFrame) -> pl.DataFrame:
    """`users` with nulls in the columns that only customers have."""
    return users.select(
        pl.col(name) if name in users.columns else pl.lit(None, dtype=kind).alias(name) for name, kind in _SCHEMA.items()
    )
