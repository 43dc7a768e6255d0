"""Velocity counters, read from their names: whose earlier attempts, what is counted of them, and how far back.

`device_cards_24h` are the different cards among the attempts of the same device in 24 hours. The training's columns, checkout's
query and the words for people are made from what is read here, so that one name means one thing everywhere.
"""

import re
from dataclasses import dataclass
from datetime import timedelta

from marketplace.contracts.fraud import Velocity

ATTEMPTS, AMOUNT = "attempts", "amount_minor"
# What attempts can share, and the column of an attempt that holds it.
IDENTITY_COLUMNS = {
    "customer": "customer_id",
    "device": "device_id",
    "card": "card_token",
    "address": "shipping_address_hash",
}
WINDOWS = {
    "1h": timedelta(hours=1),
    "6h": timedelta(hours=6),
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
    "90d": timedelta(days=90),
}
_IDENTITY = "|".join(IDENTITY_COLUMNS)
_NAME = re.compile(rf"({_IDENTITY})(?:_({_IDENTITY}))?_({ATTEMPTS}|{AMOUNT}|(?:{_IDENTITY})s)_({'|'.join(WINDOWS)})")


@dataclass(frozen=True)
class Counter:
    """One counter over the attempts that share every identity of `shared` with this one, within `window` before it.

    `counted` is `ATTEMPTS`, `AMOUNT` (their sum), or an identity whose different known values are counted.
    """

    name: str
    shared: tuple[str, ...]
    counted: str
    window: timedelta


def read_counter(name: str) -> Counter:
    """What a counter of that name counts.

    Raises:
        ValueError: no counter is called so.
    """
    found = _NAME.fullmatch(name)
    if found is None:
        raise ValueError(f"{name!r} is no velocity counter; they are called like device_cards_24h")
    first, second, counted, window = found.groups()
    return Counter(
        name,
        tuple(identity for identity in (first, second) if identity),
        counted if counted in (ATTEMPTS, AMOUNT) else counted.removesuffix("s"),
        WINDOWS[window],
    )


COUNTERS = tuple(map(read_counter, Velocity.model_fields))
