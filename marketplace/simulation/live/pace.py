"""How fast living shoppers may ask, so that the shop's own limits are kept."""

import asyncio
from dataclasses import dataclass

from marketplace.settings import StorefrontSettings

_SHARE_OF_LIMIT = 0.9
_UNHURRIED = 15.0  # requests a minute of one shopper: a step every ten seconds or so, most steps are two or three requests


@dataclass(frozen=True)
class Pace:
    """Requests a minute of all shoppers together and of one."""

    per_minute: float
    per_shopper: float
    has_own_addresses: bool
    limit: float

    @property
    def was_cut(self) -> bool:
        """Whether less is done than was asked for, because of the shop's limits."""
        return self.per_minute >= self.limit


def choose_pace(shoppers: int, rate: float | None, storefront: StorefrontSettings) -> Pace:
    """The pace asked for, at most 90 % of what the storefront allows its users and addresses.

    All shoppers come from this machine's one address, and so share that address's limit; only a storefront that trusts a proxy
    sees the addresses that they tell.
    """
    has_own = storefront.trusted_proxies > 0
    per_address = storefront.requests_per_minute_per_address * (shoppers if has_own else 1)
    limit = _SHARE_OF_LIMIT * min(per_address, storefront.requests_per_minute_per_user * shoppers)
    per_minute = min(_UNHURRIED * shoppers if rate is None else rate, limit)
    return Pace(per_minute, per_minute / shoppers, has_own, limit)


class Turns:
    """Spaces requests evenly: each caller of `turn` waits until it is theirs."""

    def __init__(self, per_minute: float) -> None:
        self._gap = 60.0 / per_minute
        self._next = 0.0

    async def turn(self) -> None:
        now = asyncio.get_running_loop().time()
        self._next = max(self._next + self._gap, now)
        await asyncio.sleep(self._next - now)
