"""The peer of `benchmarks.velocity`, run in an environment of its own: counts and sums by DuckDB's window frames, one thread.

`python _duckdb_velocity.py ATTEMPTS.parquet COUNTS.parquet` prints the processor seconds. Every counter of `Velocity` that needs
no distinct values; those would only make DuckDB slower.
"""

import sys
import time

import duckdb

# counter: what is added up, who shares it, how far back
COUNTERS = {
    "customer_attempts_1h": ("count(*)", "customer_id", "1 hour"),
    "customer_attempts_24h": ("count(*)", "customer_id", "24 hours"),
    "customer_amount_minor_24h": ("sum(amount_minor)", "customer_id", "24 hours"),
    "customer_attempts_90d": ("count(*)", "customer_id", "90 days"),
    "device_attempts_1h": ("count(*)", "device_id", "1 hour"),
    "device_attempts_24h": ("count(*)", "device_id", "24 hours"),
    "card_attempts_1h": ("count(*)", "card_token", "1 hour"),
    "card_attempts_24h": ("count(*)", "card_token", "24 hours"),
    "customer_device_attempts_90d": ("count(*)", "customer_id, device_id", "90 days"),
    "customer_card_attempts_90d": ("count(*)", "customer_id, card_token", "90 days"),
    "customer_address_attempts_90d": ("count(*)", "customer_id, shipping_address_hash", "90 days"),
}
# Neither the far end nor the attempt's own instant is counted.
_MOMENT = "interval '1 microsecond'"


def main() -> None:
    source, target = sys.argv[1:]
    columns = [
        f"coalesce({what} over (partition by {who} order by attempted_at range between "
        f"interval '{window}' - {_MOMENT} preceding and {_MOMENT} preceding), 0)::bigint as {name}"
        for name, (what, who, window) in COUNTERS.items()
    ]
    connection = duckdb.connect()
    connection.execute("set threads = 1")
    connection.execute(f"create table attempts as select * from '{source}'")
    began = time.process_time()
    connection.execute(f"create table counts as select number, {', '.join(columns)} from attempts")
    spent = time.process_time() - began
    connection.execute(f"copy (select * from counts order by number) to '{target}' (format parquet)")
    print(spent)


if __name__ == "__main__":
    main()
