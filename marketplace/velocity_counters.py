"""Velocity counters, read from their names: whose earlier attempts, what is counted of them, and how far back.

`device_cards_24h` are the different cards among the attempts of the same device in 24 hours. The training's columns, checkout's
query and the words for people are made from what is read here, so that one name means one thing everywhere.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from marketplace.contracts.fraud import Velocity

ATTEMPTS, AMOUNT = "attempts", "amount_minor"
SELLER = "seller"
# What attempts can share, and the column of an attempt that holds it. The seller is the one of most of the order's money.
IDENTITY_COLUMNS = {
    "customer": "customer_id",
    "device": "device_id",
    "card": "card_token",
    "address": "shipping_address_hash",
    SELLER: "seller_id",
}
# Attempts that share a person or a thing wait for each other, so that each sees all before it. Those of one seller must not: a
# busy shop would sell one piece at a time. Their windows end so long before the attempt; by then every earlier one is committed,
# because no attempt's transaction may last as long (`LONGEST_ATTEMPT`).
SELLER_LAG = timedelta(minutes=1)
LONGEST_ATTEMPT = timedelta(seconds=45)
# A seller's attempts cost checkout a microsecond each, so that in windows from this length on whole hours (UTC) are counted,
# which can be added up beforehand: an attempt counts until the window after the end of its hour.
WHOLE_HOURS_FROM = timedelta(hours=24)
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

    `counted` is `ATTEMPTS`, `AMOUNT` (their sum), or an identity whose different known values are counted. The newest `lag` of
    the window is not looked at. Its far end is exclusive; where it `is_in_hours`, it begins with the hour in which that end lies.
    """

    name: str
    shared: tuple[str, ...]
    counted: str
    window: timedelta

    @property
    def lag(self) -> timedelta:
        return SELLER_LAG if SELLER in self.shared else timedelta(0)

    @property
    def is_in_hours(self) -> bool:
        return SELLER in self.shared and self.window >= WHOLE_HOURS_FROM


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


def first_hour(window: timedelta, at: datetime) -> datetime:
    """Where a window in hours begins for an attempt at `at`, inclusive: the UTC hour in which its far end lies."""
    return (at.astimezone(UTC) - window).replace(minute=0, second=0, microsecond=0)


COUNTERS = tuple(map(read_counter, Velocity.model_fields))
