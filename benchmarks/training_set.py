"""How many labels per processor second get their features as of their instant, beside COPY, polars and Feast's own retrieval?

`python -m benchmarks.training_set [--base LABELS] [--times 1 3 10 30]`: 10,000 labels over 180,000 feature rows and multiples of
both, through the service `fraud_v2` with its on-demand features. COPY writes the same labels with their answers into a table
without keys. polars reads the feature tables out as Arrow and joins them as of each label, without on-demand features. Feast's
`get_historical_features` answers the same question for the smaller ones. Both must agree with ours.
"""

import resource
import sys
from datetime import UTC, datetime
from typing import Any

from benchmarks._growth import (
    Cost,
    cost_of,
    growth_exponent,
    in_a_process,
    machine,
    postmaster,
    sizes_asked,
    throw_away_postgres,
)

LABELS = 10_000
ROWS_PER_CUSTOMER, LABELS_PER_CUSTOMER = 30, 5
LARGEST_FOR_FEAST = 30_000
LARGEST_EXPONENT, LARGEST_MEMORY_MB = 1.1, 4000
SERVICE = "fraud_v2"

# One row per customer (or device) and week, whatever the numbers say.
_VIEWS = {
    "customer_orders": "customer_id text, order_count_30d int, order_count_total int, spend_minor_30d bigint, "
    "spend_minor_total bigint, order_value_mean_minor float8, order_value_max_minor bigint, refund_count_90d int",
    "customer_risk": "customer_id text, attempt_count_30d int, declined_count_30d int, device_count_90d int, "
    "card_count_90d int, fraud_label_count_total int",
    "device_activity": "device_id text, customer_count_30d int, attempt_count_7d int, declined_count_7d int, "
    "card_count_30d int, device_fraud_label_count_total int",
    "customer_rings": "customer_id text, ring_customer_count_90d int, ring_fraud_count_90d int",
    "device_rings": "device_id text, device_ring_customer_count_90d int, device_ring_fraud_count_90d int",
}


def main() -> int:
    sizes, costs, peaks = sizes_asked(LABELS), [], []
    print(machine())
    print(f"{'labels':>8} {'rows/cpu s':>11} " + " ".join(f"{peer:>9} {'ratio':>6}" for peer in ("COPY", "polars", "Feast"))
          + f" {'peak MB':>8}")  # fmt: skip
    with throw_away_postgres() as server:
        for count in sizes:
            in_a_process(fill, server.url(), count)
            (ours, copy, polars, peak), _ = in_a_process(measure, server.url(), count, postmaster(server))
            costs.append(ours.cpu)
            peaks.append(peak)
            peers = [copy, polars]
            if count <= LARGEST_FOR_FEAST:
                peers.append(in_a_process(measure_feast, server.url(), count, postmaster(server))[0])
            line = f"{count:>8,} {count / ours.cpu:>11,.0f} "
            line += " ".join(f"{count / peer.cpu:>9,.0f} {peer.cpu / ours.cpu:>6.2f}" for peer in peers).ljust(50)
            print(f"{line} {peak:>8,.0f}", flush=True)
    exponent = growth_exponent(sizes, costs) if len(sizes) > 1 else 1.0
    good = exponent <= LARGEST_EXPONENT and max(peaks) <= LARGEST_MEMORY_MB
    print(f"growth exponent {exponent:.2f} (bar {LARGEST_EXPONENT}), peak {max(peaks):,.0f} MB (bar {LARGEST_MEMORY_MB:,}): "
          f"{'holds' if good else 'DOES NOT HOLD'}")  # fmt: skip
    return 0 if good else 1


def fill(database_url: str, count: int) -> None:
    """Feature tables for so many labels, with the index that dbt gives them, and Feast's definitions."""
    import psycopg

    from feature_repo import retrieval
    from marketplace.settings import Settings
    from storefront_api.migrations import migrate

    entities = count // LABELS_PER_CUSTOMER
    migrate(database_url.replace("postgresql://", "postgresql+psycopg://", 1))
    with psycopg.connect(database_url) as connection:
        for view, columns in _VIEWS.items():
            key, *values = (column.split() for column in columns.split(", "))
            connection.execute(f"drop table if exists features.{view}".encode())
            connection.execute(
                f"create table features.{view} ({columns}, event_timestamp timestamptz, created_at timestamptz)".encode()
            )
            numbers = ", ".join(f"(e * {place} + w) % 97" for place in range(1, len(values) + 1))
            connection.execute(
                f"insert into features.{view} select 'e' || e, {numbers}, date '2026-01-01' + 7 * w, now() "
                f"from generate_series(1, {entities}) as e, generate_series(1, {ROWS_PER_CUSTOMER}) as w".encode()
            )
            connection.execute(f"create unique index on features.{view} ({key[0]}, event_timestamp)".encode())
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("vacuum analyze")
    retrieval.apply(settings=Settings(database={"url": database_url}))  # type: ignore[arg-type]


def measure(database_url: str, count: int, server: int) -> tuple[Cost, Cost, Cost, float]:
    """The training set by our own path, COPY of it, the as-of join of polars, and the most memory of the first in megabytes."""
    import polars
    import psycopg

    reader, asked = _reader(database_url), labels(count)
    reader.training_set(SERVICE, asked.head(10))
    answers: list[Any] = []
    ours = cost_of(lambda: answers.append(reader.training_set(SERVICE, asked)), server=server)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    frame = polars.from_pandas(answers[0])
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(f"create table bare ({', '.join(f'c{place} text' for place in range(frame.width))})".encode())

        def copy_in() -> None:
            with connection.cursor().copy("copy bare from stdin (format csv)") as stream:
                stream.write(frame.write_csv(include_header=False).encode())

        copy = cost_of(copy_in, server=server)
        connection.execute("drop table bare")
    joined: list[Any] = []
    as_of = cost_of(lambda: joined.append(by_polars(database_url, asked)), server=server)
    for name in joined[0].columns:
        assert joined[0][name].cast(polars.Float64).equals(frame[name].cast(polars.Float64)), name
    return ours, copy, as_of, peak


def by_polars(database_url: str, asked: Any) -> Any:
    """The stored features of the labels, from whole tables read out as Arrow and joined by polars as of each instant."""
    import polars
    from adbc_driver_postgresql import dbapi

    found = []
    with dbapi.connect(database_url) as connection, connection.cursor() as cursor:
        for view in _reader(database_url)._service(SERVICE).views:
            (key,) = view.keys
            cursor.execute(f"select {key}, event_timestamp, {', '.join(view.columns)} from {view.table}")
            rows = polars.DataFrame(cursor.fetch_arrow_table()).sort("event_timestamp")
            wanted = polars.from_pandas(asked[[key, "event_timestamp"]]).with_row_index("place")
            wanted = wanted.with_columns(polars.col("event_timestamp").dt.cast_time_unit("us")).sort("event_timestamp")
            joined = wanted.join_asof(rows, on="event_timestamp", by=key, check_sortedness=False)
            found.append(joined.sort("place").select(view.columns))
    return polars.concat(found, how="horizontal")


def measure_feast(database_url: str, count: int, server: int) -> Cost:
    """The same by `get_historical_features`, which must say the same."""
    import numpy as np

    reader, asked = _reader(database_url), labels(count)
    # Feast wants the types that it was told: numbers as floats, instants of the request as seconds.
    seconds = (asked["attempted_at"] - datetime(1970, 1, 1, tzinfo=UTC)).dt.total_seconds()
    given = asked.assign(attempted_at=seconds, signed_up_at=seconds - 3600, amount_minor=asked["amount_minor"].astype(float))
    service = reader.store.get_feature_service(SERVICE)
    answers: list[Any] = []
    cost = cost_of(lambda: answers.append(reader.store.get_historical_features(given, service).to_df()), server=server)
    theirs = answers[-1].sort_values("label").reset_index(drop=True)
    ours = reader.training_set(SERVICE, asked)
    for name in (name for name in ours if name not in asked):
        np.testing.assert_allclose(ours[name].astype(float), theirs[name].astype(float), atol=1e-6, err_msg=name)
    return cost


def labels(count: int) -> Any:
    """So many payment attempts of known and unknown customers, at random instants."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(2)
    entities = count // LABELS_PER_CUSTOMER
    moments = pd.Timestamp(datetime(2026, 1, 1, tzinfo=UTC)) + pd.to_timedelta(rng.integers(0, 210 * 86_400, count), unit="s")
    frame = pd.DataFrame(
        {
            "label": range(count),
            "customer_id": np.char.add("e", rng.integers(1, entities + entities // 50, count).astype(str)),
            "device_id": np.char.add("e", rng.integers(1, entities + entities // 50, count).astype(str)),
            "event_timestamp": moments,
            "attempted_at": moments,
            "signed_up_at": moments - pd.Timedelta(hours=1),
            "amount_minor": rng.integers(100, 1_000_000, count),
        }
    )
    frame = frame.assign(**{f"{place}_country_code": "BD" for place in ("ip", "shipping", "billing")})
    coordinates = [f"{place}_{axis}" for place in ("ip", "shipping", "billing") for axis in ("latitude", "longitude")]
    return frame.assign(**{name: rng.uniform(20, 90, count) for name in coordinates})


def _reader(database_url: str) -> Any:
    from feature_repo import retrieval
    from marketplace.settings import Settings

    reader = retrieval.reader(Settings(database={"url": database_url}))  # type: ignore[arg-type]
    assert reader.store is not None
    return reader


if __name__ == "__main__":
    sys.exit(main())
