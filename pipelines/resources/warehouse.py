"""The Postgres database that holds the shop and the warehouse."""

from datetime import UTC, datetime, timedelta

import dagster as dg

from marketplace.warehouse import Warehouse


class WarehouseResource(dg.ConfigurableResource):
    """Gives assets the warehouse and what time it is in the data."""

    database_url: str

    def open(self) -> Warehouse:
        """The warehouse; connections are made per call."""
        return Warehouse(self.database_url)

    def data_until(self) -> datetime:
        """The first UTC midnight after the latest order or event: nothing later is known to the marketplace.

        The data's own clock, not the wall's: orders of 2018 are trained as of 2018.
        """
        query = (
            "select greatest((select max(ordered_at) from raw_shop.orders), (select max(occurred_at) from raw_shop.events),"
            " (select max(listed_at) from raw_shop.products))"
        )
        with self.open().connect() as connection:
            row = connection.execute(query).fetchone()
        latest = row[0] if row and row[0] is not None else datetime.now(UTC)
        day = latest.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return day if latest == day else day + timedelta(days=1)
