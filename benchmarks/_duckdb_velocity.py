"""The peer of `benchmarks.velocity`, in an environment of its own: counts and sums by DuckDB's window frames, in one thread.

`python _duckdb_velocity.py ATTEMPTS.parquet COUNTS.parquet` prints the processor seconds. Distinct values are left out: three
runs with them over 100,000 attempts had not ended after 200 seconds on a busy machine.
"""

import sys
import time

import duckdb

# counter: what is added up, who shares it, how many hours back
COUNTERS = {
    "customer_attempts_1h": ("count(*)", "customer_id", 1),
    "customer_attempts_24h": ("count(*)", "customer_id", 24),
    "customer_amount_minor_24h": ("sum(amount_minor)", "customer_id", 24),
    "customer_attempts_90d": ("count(*)", "customer_id", 2160),
    "device_attempts_1h": ("count(*)", "device_id", 1),
    "device_attempts_24h": ("count(*)", "device_id", 24),
    "card_attempts_1h": ("count(*)", "card_token", 1),
    "card_attempts_24h": ("count(*)", "card_token", 24),
    "customer_device_attempts_90d": ("count(*)", "customer_id, device_id", 2160),
    "customer_card_attempts_90d": ("count(*)", "customer_id, card_token", 2160),
    "customer_address_attempts_90d": ("count(*)", "customer_id, shipping_address_hash", 2160),
}
# Neither the far end nor the attempt's own instant is counted.
_HOUR, _MOMENT = 3_600_000_000, "interval '1 microsecond'"


def main() -> None:
    source, target = sys.argv[1:]
    columns = [
        f"coalesce({what} over (partition by {who} order by attempted_at range between "
        f"interval '{hours * _HOUR - 1} microseconds' preceding and {_MOMENT} preceding), 0)::bigint as {name}"
        for name, (what, who, hours) in COUNTERS.items()
    ]
    connection = duckdb.connect()
    connection.execute("set threads = 1")
    connection.execute(f"create table attempts as select * replace (attempted_at::timestamptz as attempted_at) from '{source}'")
    began = time.process_time()
    connection.execute(f"create table counts as select number, {', '.join(columns)} from attempts")
    spent = time.process_time() - began
    connection.execute(f"copy (select * from counts order by number) to '{target}' (format parquet)")
    print(spent)


if __name__ == "__main__":
    main()
