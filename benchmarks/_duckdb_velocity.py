"""The peer of `benchmarks.velocity`, in an environment of its own: counts and sums by DuckDB's window frames, in one thread.

`python _duckdb_velocity.py ATTEMPTS.parquet COUNTERS.json COUNTS.parquet` prints the processor seconds. A counter is a name, what
is added up, the columns by which it is counted, microseconds of looking back, those before the attempt that are left out, and
whether it looks back to the beginning of that hour.
"""

import json
import sys
import time
from pathlib import Path

import duckdb


def main() -> None:
    source, counters, target = sys.argv[1:]
    columns = [
        f"coalesce({what} over (partition by {who} order by attempted_at range between "
        # Neither the far end nor the near one, usually the attempt's own instant, is counted.
        f"{_begin(span, is_in_hours)} preceding and interval '{lag + 1} microseconds' preceding), 0)::bigint as {name}"
        for name, what, who, span, lag, is_in_hours in json.loads(Path(counters).read_text())
    ]
    connection = duckdb.connect()
    connection.execute("set threads = 1")
    connection.execute(f"create table attempts as select * replace (attempted_at::timestamptz as attempted_at) from '{source}'")
    began = time.process_time()
    connection.execute(f"create table counts as select number, {', '.join(columns)} from attempts")
    spent = time.process_time() - began
    connection.execute(f"copy (select * from counts order by number) to '{target}' (format parquet)")
    print(spent)


def _begin(span: int, is_in_hours: bool) -> str:
    """SQL of how far back the first instant lies that is counted."""
    if is_in_hours:
        return f"to_microseconds({span} + epoch_us(attempted_at) % 3600000000)"
    return f"interval '{span - 1} microseconds'"


if __name__ == "__main__":
    main()
