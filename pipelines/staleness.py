"""Which days of the feature tables must be built again."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from dagster._core.storage.tags import ASSET_PARTITION_RANGE_END_TAG, ASSET_PARTITION_RANGE_START_TAG

from marketplace.warehouse import Warehouse
from pipelines.defs.features.assets import FEATURE_TABLES

# Every raw table whose rows have an instant of their own, and that instant.
_INSTANTS = {
    "orders": "ordered_at",
    "events": "occurred_at",
    "reviews": "reviewed_at",
    "payment_attempts": "attempted_at",
    "fraud_labels": "labelled_at",
    "chargebacks": "received_at",
    "refunds": "refunded_at",
    "sessions": "started_at",
}


@dataclass(frozen=True)
class DayRange:
    """UTC days, both ends included."""

    first: date
    last: date

    def range_tags(self) -> dict[str, str]:
        """The tags by which Dagster runs a range of partitions as one run."""
        return {
            ASSET_PARTITION_RANGE_START_TAG: self.first.isoformat(),
            ASSET_PARTITION_RANGE_END_TAG: self.last.isoformat(),
        }


def stale_days(warehouse: Warehouse, *, now: datetime) -> DayRange:
    """The days from the earliest one that new rows touch, to the day after the data's last.

    New are the rows of `shop` that raw does not hold yet, and those that raw took after the features were last built. A
    row of day D changes values from the midnight that ends D on, so every later day belongs to the range; and so do quiet
    days since the last build, on which windows let old activity go.
    """
    earliest: list[datetime] = []
    latest: list[datetime] = []
    with warehouse.connect() as connection:
        built_at, built_until = _features_built(connection)
        for table, instant in _INSTANTS.items():
            since_build = f"select min({instant}) from raw_shop.{table} where loaded_at > %(built_at)s"
            not_copied = (
                f"select min({instant}) from shop.{table}"
                f" where updated_at > coalesce((select max(updated_at) from raw_shop.{table}), '-infinity')"
            )
            query = f"select least(({since_build}), ({not_copied})), (select max({instant}) from shop.{table})"
            row = connection.execute(query, {"built_at": built_at}).fetchone()  # type: ignore[arg-type]
            first, last = row or (None, None)
            earliest += [first] if first else []
            latest += [last] if last else []
    end = min(max(latest, default=now) + timedelta(days=1), now).astimezone(UTC).date()
    start = min([*earliest, *built_until], default=now).astimezone(UTC).date()
    return DayRange(min(start, end), end)


def _features_built(connection: Any) -> tuple[datetime, list[datetime]]:
    """When the feature table written longest ago was written, and the last day that any of them reaches.

    The earliest of instants and no day while a table is missing. A table that exists without a row says nothing: a shop
    without devices never has one in `device_activity`.
    """
    never = datetime.min.replace(tzinfo=UTC)
    written: list[datetime] = []
    reached: list[datetime] = []
    for table in FEATURE_TABLES:
        if not connection.execute("select to_regclass(%s)", [f"features.{table}"]).fetchone()[0]:
            return never, []
        query = f"select max(created_at), max(event_timestamp) from features.{table}"
        written_at, reaches = connection.execute(query).fetchone()
        if written_at is not None:
            written.append(written_at)
            reached.append(reaches)
    return min(written, default=never), [max(reached)] if reached else []
