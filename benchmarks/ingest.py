"""How many events per CPU second does the importer load, with key and de-duplication, beside a raw COPY of the same rows?

`python -m benchmarks.ingest [BASE_ROWS]`: at 1×, 3× and 10× of the base (100,000), both sides' CPU (ours and the server's
backend), peak memory of this process, and the growth of CPU time. Three peers write the same columns into a table without key,
index or check: psycopg's binary COPY of rows, ADBC's binary COPY from Arrow, and polars' text through COPY, as ours sends it.
Ours casts, checks types, the table's own rules and its references, de-duplicates by key, and leaves three indexes behind.
"""

import io
import statistics
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime

import polars as pl
import psutil
import psycopg

from benchmarks._growth import growth_exponent, machine, throw_away_postgres
from marketplace.local.postgres import EmbeddedPostgres
from pipelines.sources.quarantine import Quarantine
from pipelines.sources.staging import load_table
from storefront_api.migrations import migrate

SIZES = (1, 3, 10)
BAR, LARGEST_EXPONENT, LARGEST_MEMORY_GB = 0.35, 1.1, 4.0
PEERS = ("psycopg's binary COPY", "ADBC's binary COPY", "text COPY")
_PEOPLE, _BATCH = 20_000, 200_000
_SINCE = datetime(2026, 1, 1, tzinfo=UTC)


def main() -> int:
    base = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    print(machine())
    with throw_away_postgres() as server:
        return _compare(server, base)


def _compare(server: EmbeddedPostgres, base: int) -> int:
    print(f"{'rows':>10} {'ours':>10} {'again':>10} {'psycopg':>10} {'ADBC':>10} {'text':>10}  rows per CPU second; ours ÷ each")
    seconds: list[float] = []
    shares: list[list[float]] = []
    memory = 0.0
    for size in SIZES:
        rows = base * size
        found = _in_a_process_of_its_own(server, rows)
        ours, again, *peers, peak = found
        seconds.append(ours)
        shares.append([peer / ours for peer in peers])
        memory = max(memory, peak)
        print(f"{rows:>10,} {rows / ours:>10,.0f} {rows / again:>10,.0f} " + " ".join(f"{rows / peer:>10,.0f}" for peer in peers)
              + "  " + ", ".join(f"{share:.2f}" for share in shares[-1]) + f"  peak {peak:.2f} GB", flush=True)  # fmt: skip
    exponent = growth_exponent(SIZES, seconds)
    medians = [statistics.median(column) for column in zip(*shares, strict=True)]
    good = min(medians) >= BAR and exponent <= LARGEST_EXPONENT and memory <= LARGEST_MEMORY_GB
    for peer, share in zip(PEERS, medians, strict=True):
        print(f"beside {peer}: {share:.2f} of its rows, bar {BAR}: {'holds' if share >= BAR else 'DOES NOT HOLD'}")
    print(f"growth exponent {exponent:.2f} (bar {LARGEST_EXPONENT}), peak {memory:.2f} GB (bar {LARGEST_MEMORY_GB:.0f})")
    return 0 if good else 1


def _in_a_process_of_its_own(server: EmbeddedPostgres, rows: int) -> tuple[float, ...]:
    """CPU seconds of ours, ours again, the three peers, and the peak memory in GB, which only a fresh process has of its own."""
    name = f"bench_{rows}"
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(f"create database {name}")  # type: ignore[arg-type]
    url = server.url(name)
    migrate(url.replace("postgresql://", "postgresql+psycopg://", 1))
    program = "import sys; from benchmarks.ingest import measure; print(*measure(sys.argv[1], int(sys.argv[2])))"
    done = subprocess.run([sys.executable, "-c", program, url, str(rows)], capture_output=True, text=True, check=True)
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(f"drop database {name} with (force)")  # type: ignore[arg-type]
    return tuple(map(float, done.stdout.split()))


def measure(url: str, rows: int) -> tuple[float, ...]:
    """What `_in_a_process_of_its_own` returns."""
    import resource

    with psycopg.connect(url) as connection:
        _people(connection)
        ours = _cpu(connection.info.backend_pid, lambda: _load(connection, rows, expected=rows))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        again = _cpu(connection.info.backend_pid, lambda: _load(connection, rows, expected=0))
    return ours, again, _row_copy(url, rows), _binary_copy(url, rows), _text_copy(url, rows), peak


def _events(first: int, count: int) -> pl.DataFrame:
    number = pl.int_range(first, first + count)
    return pl.select(
        event_id=pl.format("event-{}-{}", number * 7919 % 1_000_003, number),
        event_type=pl.lit("product_view"),
        session_id=pl.format("s-{}", number % _PEOPLE),
        customer_id=pl.format("u-{}", number % _PEOPLE),
        occurred_at=(pl.lit(_SINCE) + pl.duration(seconds=number)).dt.cast_time_unit("us"),
    )


def _batches(rows: int) -> list[tuple[int, int]]:
    return [(first, min(_BATCH, rows - first)) for first in range(0, rows, _BATCH)]


def _people(connection: psycopg.Connection[object]) -> None:
    connection.execute(
        "insert into shop.users (user_id, role, email, full_name, signed_up_at) select 'u-' || n, 'customer', n || '@x.example', "
        "'x', now() from generate_series(0, %s) n",
        [_PEOPLE],
    )
    connection.execute(
        "insert into shop.sessions (session_id, started_at, last_seen_at) select 's-' || n, now(), now() "
        "from generate_series(0, %s) n",
        [_PEOPLE],
    )
    connection.execute("analyze shop.users, shop.sessions")
    connection.commit()


def _load(connection: psycopg.Connection[object], rows: int, *, expected: int) -> None:
    batches = (_events(first, count) for first, count in _batches(rows))
    loaded = load_table(connection, "events", batches, Quarantine("simulation"))
    connection.commit()
    assert loaded.inserted == expected
    assert loaded.quarantined == 0


def _row_copy(url: str, rows: int) -> float:
    with psycopg.connect(url) as connection:
        connection.execute(_bare("psycopg_rows"))  # type: ignore[arg-type]

        def copy() -> None:
            with connection.cursor() as cursor, cursor.copy("copy psycopg_rows from stdin (format binary)") as stream:
                stream.set_types(["text"] * 4 + ["timestamptz"])
                for first, count in _batches(rows):
                    for row in _events(first, count).iter_rows():
                        stream.write_row(row)
            connection.commit()

        return _cpu(connection.info.backend_pid, copy)


def _binary_copy(url: str, rows: int) -> float:
    import pyarrow as pa
    from adbc_driver_postgresql import dbapi

    schema = pa.schema([*((name, pa.string()) for name in ("event_id", "event_type", "session_id", "customer_id")),
                        ("occurred_at", pa.timestamp("us", "UTC"))])  # fmt: skip
    with dbapi.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(_bare("binary_rows"))
        connection.commit()
        cursor.execute("select pg_backend_pid()")
        backend = cursor.fetchone()[0]

        def copy() -> None:
            for first, count in _batches(rows):
                cursor.adbc_ingest("binary_rows", _events(first, count).to_arrow().cast(schema), mode="append")
            connection.commit()

        return _cpu(backend, copy)


def _text_copy(url: str, rows: int) -> float:
    with psycopg.connect(url) as connection:
        connection.execute(_bare("text_rows"))  # type: ignore[arg-type]

        def copy() -> None:
            with connection.cursor() as cursor, cursor.copy("copy text_rows from stdin (format csv)") as stream:
                for first, count in _batches(rows):
                    text = io.BytesIO()
                    _events(first, count).write_csv(text, include_header=False)
                    stream.write(text.getbuffer())
            connection.commit()

        return _cpu(connection.info.backend_pid, copy)


def _bare(name: str) -> str:
    return f"create table {name} (event_id text, event_type text, session_id text, customer_id text, occurred_at timestamptz)"


def _cpu(backend_pid: int, work: Callable[[], None]) -> float:
    """CPU seconds of `work`, in this process and in the server's backend."""
    processes = [psutil.Process(), psutil.Process(backend_pid)]
    before = [process.cpu_times() for process in processes]
    work()
    after = [process.cpu_times() for process in processes]
    return float(sum(end.user + end.system - start.user - start.system for start, end in zip(before, after, strict=True)))


if __name__ == "__main__":
    sys.exit(main())
