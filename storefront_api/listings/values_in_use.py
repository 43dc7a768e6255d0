"""The values that a seller chooses from while writing: counting them reads the whole catalogue, so they are kept for a while."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from storefront_api.listings import repository
from storefront_api.listings.category_attributes import ATTRIBUTES

_KEPT = timedelta(minutes=5)
# More than anybody looks through.
_MOST = 200


class ValuesInUse:
    """What this process last counted."""

    def __init__(self) -> None:
        self._values: dict[str, list[str]] = {}
        self._counted_at: datetime | None = None

    async def now(self, connection: AsyncConnection[DictRow], now: datetime) -> Mapping[str, Sequence[str]]:
        """The values of what the shop shows, by attribute, the most frequent first; up to five minutes old."""
        if self._counted_at is None or now - self._counted_at >= _KEPT:
            values: dict[str, list[str]] = {attribute: [] for attribute in ATTRIBUTES}
            for row in await repository.values_in_use(connection, most=_MOST):
                values[row["attribute"]].append(row["value"])
            self._values, self._counted_at = values, now
        return self._values
