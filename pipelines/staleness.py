"""Which days of the feature tables a run touches."""

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
_LONGEST = timedelta(days=400)


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

    New are the rows of `shop` that raw does not hold yet, and those that raw took or changed after the features were last
    built; a changed row counts with the instant it had before, too. A row of day D changes values from the midnight that ends
    D on, so every later day belongs to the range; and so do quiet days since the last build, on which windows let old activity
    go. Which rows a run writes does not hang on this: each feature table finds out by itself (dbt/macros/restate.sql). The
    range is what Dagster is told to be materialised, day by day and table by table, so it has an end: a shop that wakes up
    after eight years has not eight years of news.
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
            before_change = f"select min({instant}) from changes.{table} where changed_at > %(built_at)s"
            has_log = connection.execute("select to_regclass(%s) is not null", [f"changes.{table}"]).fetchone() == (True,)
            parts = [since_build, not_copied, *([before_change] if has_log else [])]
            query = f"select least({', '.join(f'({part})' for part in parts)}), (select max({instant}) from shop.{table})"
            row = connection.execute(query, {"built_at": built_at}).fetchone()  # type: ignore[arg-type]
            first, last = row or (None, None)
            earliest += [first] if first else []
            latest += [last] if last else []
    end = min(max(latest, default=now) + timedelta(days=1), now).astimezone(UTC).date()
    start = min([*earliest, *built_until], default=now).astimezone(UTC).date()
    return DayRange(max(min(start, end), end - _LONGEST), end)


def _features_built(connection: Any) -> tuple[datetime, list[datetime]]:
    """When the feature table built longest ago was built, and the last midnight that all of them reach.

    The earliest of instants and no midnight while one of them was never built.
    """
    built, built_at, reached = connection.execute(
        "select count(*), min(read_at), min(nullif(read_until, '-infinity')) from changes.readers"
        " where table_name = 'int_time_bounds' and reader = any(%s)",
        [list(FEATURE_TABLES)],
    ).fetchone()
    if built < len(FEATURE_TABLES):
        return datetime.min.replace(tzinfo=UTC), []
    return built_at, [reached] if reached else []
