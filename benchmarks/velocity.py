"""How many payment attempts per processor second get their velocity, beside COPY of the same rows, as they grow?

`python -m benchmarks.velocity [--base ROWS] [--times 1 3 10 30]`: 100,000 attempts and multiples of them, some identities busy
and most rare; more attempts come from more customers, devices, cards and addresses. The first peer is a plain COPY of the
attempts into a table without keys, both sides of it counted. The second is DuckDB on at most a million attempts, in an
environment of its own: its window frames count every counter but those of different identities, and must count the same. Three
runs of it with those over 100,000 attempts had not ended after 200 seconds, so ours with them all stands beside, without a bar.
"""

import json
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
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
from benchmarks._peer_environment import python_with

ROWS = 100_000
REPEATS, DUCKDB_REPEATS = 3, 2
LARGEST_EXPONENT, LARGEST_MEMORY_MB = 1.1, 4000
DUCKDB, DUCKDB_ROWS, LARGEST_RATIO = "duckdb==2.0.0", 1_000_000, 0.15
COLUMNS = ("customer_id", "device_id", "card_token", "shipping_address_hash", "seller_id", "amount_minor", "attempted_at")


def main() -> int:
    sizes, costs, peaks = sizes_asked(ROWS), [], []
    print(machine())
    print(f"{'attempts':>10} {'velocity rows/cpu s':>20} {'COPY rows/cpu s':>16} {'ratio':>6} {'peak MB':>8}")
    with throw_away_postgres() as server:
        for count in sizes:
            (ours, copy), peak = in_a_process(measure, count, server.url(), postmaster(server))
            costs.append(ours.cpu)
            peaks.append(peak)
            rates = f"{count / ours.cpu:>20,.0f} {count / copy.cpu:>16,.0f} {copy.cpu / ours.cpu:>6.2f}"
            print(f"{count:>10,} {rates} {peak:>8,.0f}", flush=True)
    exponent = growth_exponent(sizes, costs) if len(sizes) > 1 else 1.0
    good = exponent <= LARGEST_EXPONENT and max(peaks) <= LARGEST_MEMORY_MB
    print(f"growth exponent {exponent:.2f} (bar {LARGEST_EXPONENT}), peak {max(peaks):,.0f} MB (bar {LARGEST_MEMORY_MB:,}): "
          f"{'holds' if good else 'DOES NOT HOLD'}")  # fmt: skip
    count = min(max(sizes), DUCKDB_ROWS)
    ours, theirs, with_all, equal = beside_duckdb(count)
    is_quick = ours <= LARGEST_RATIO * theirs
    print(f"{count:,} attempts, {equal} equal counters: {ours:.2f} CPU s, DuckDB's window frames {theirs:.2f}: "
          f"{ours / theirs:.3f}× (bar {LARGEST_RATIO}×): {'holds' if is_quick else 'DOES NOT HOLD'}; "
          f"with different identities {with_all:.2f} CPU s")  # fmt: skip
    return 0 if good and is_quick else 1


def measure(count: int, database_url: str, server: int) -> tuple[Cost, Cost]:
    """Velocity of so many attempts, and COPY of them."""
    import psycopg

    from models.fraud.velocity import velocity

    frame = attempts(count)
    ours = cost_of(lambda: velocity(frame), repeats=REPEATS)
    with psycopg.connect(database_url, autocommit=True) as connection:
        types = (
            "customer_id text, device_id text, card_token text, shipping_address_hash text, seller_id text, amount_minor bigint"
        )
        connection.execute(f"create table attempts ({types}, attempted_at timestamptz)".encode())
        copies = []
        for _ in range(REPEATS):
            copies.append(cost_of(lambda: copy_in(connection, frame), server=server))
            connection.execute("truncate attempts")
        connection.execute("drop table attempts")
    return ours, min(copies, key=lambda cost: cost.cpu)


def beside_duckdb(count: int) -> tuple[float, float, float, int]:
    """Processor seconds of ours and of DuckDB, whose counts must be equal, of ours with all counters, and how many they share."""
    import numpy as np
    import pandas as pd

    from marketplace.velocity_counters import AMOUNT, ATTEMPTS, COUNTERS, IDENTITY_COLUMNS
    from models.fraud.velocity import velocity

    added_up = {ATTEMPTS: "count(*)", AMOUNT: "sum(amount_minor)"}
    counters = [counter for counter in COUNTERS if counter.counted in added_up]
    asked = [
        (
            counter.name,
            added_up[counter.counted],
            ", ".join(IDENTITY_COLUMNS[who] for who in counter.shared),
            counter.window // timedelta(microseconds=1),
            counter.lag // timedelta(microseconds=1),
            counter.is_in_hours,
        )
        for counter in counters
    ]
    frame = attempts(count)
    with tempfile.TemporaryDirectory(prefix="cy-bench-", dir="/tmp") as folder:
        source, wanted, target = (Path(folder) / name for name in ("attempts.parquet", "counters.json", "counts.parquet"))
        frame.assign(number=np.arange(count)).to_parquet(source)
        wanted.write_text(json.dumps(asked))
        script = str(Path(__file__).with_name("_duckdb_velocity.py"))
        command = [python_with("customiseyou-bench-duckdb", [DUCKDB]), script, *map(str, (source, wanted, target))]
        runs = [subprocess.run(command, check=True, capture_output=True, text=True) for _ in range(DUCKDB_REPEATS)]
        counted = pd.read_parquet(target).drop(columns="number")
    pd.testing.assert_frame_equal(velocity(frame, counters), counted)
    ours = cost_of(lambda: velocity(frame, counters), repeats=REPEATS).cpu
    with_all = cost_of(lambda: velocity(frame), repeats=REPEATS).cpu
    return ours, min(float(run.stdout) for run in runs), with_all, len(counters)


def copy_in(connection: Any, frame: Any) -> None:
    """The attempts written as CSV by polars and read by COPY: what a fast loader costs."""
    import polars

    with connection.cursor().copy("copy attempts from stdin (format csv)") as stream:
        stream.write(polars.from_pandas(frame).write_csv(include_header=False).encode())


def attempts(count: int) -> Any:
    """Made-up attempts of 90 days: few identities make many of them."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(1)
    busy = (rng.pareto(1.2, size=(5, count)) * count / 50).astype(np.int64) % (count // 4)
    seconds = rng.integers(0, 90 * 86_400, count)
    frame = pd.DataFrame({name: np.char.add(name[0], busy[row].astype(str)) for row, name in enumerate(COLUMNS[:5])})
    start = pd.Timestamp(datetime(2026, 1, 1, tzinfo=UTC))
    return frame.assign(amount_minor=rng.integers(100, 1_000_000, count), attempted_at=start + pd.to_timedelta(seconds, unit="s"))


if __name__ == "__main__":
    sys.exit(main())
