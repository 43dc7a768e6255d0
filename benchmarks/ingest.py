"""How many events per CPU second does the importer load, with key and de-duplication, beside a raw COPY of the same rows?

`python -m benchmarks.ingest [--base ROWS] [--times 1 3 10 30]`: multiples of 100,000 rows; both sides' CPU (ours and every
process of the server), peak memory of this process, and the growth of CPU time. Three peers write the same columns into a table
without key, index or check: psycopg's binary COPY of rows, ADBC's binary COPY from Arrow, and polars' text through COPY, as ours
sends it. Ours casts, checks types, the table's own rules and its references, de-duplicates by key, and leaves three indexes
behind. Up to a million rows also: as many new ones into the filled table, all of them once more, and into an empty table rows of
which one in a thousand is bad.
"""

import io
import math
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime

import polars as pl
import psycopg
import pyarrow as pa
from adbc_driver_postgresql import dbapi

from benchmarks._growth import cost_of, growth_exponent, machine, postmaster, sizes_asked, throw_away_postgres
from marketplace.local.postgres import EmbeddedPostgres
from pipelines.sources.quarantine import Quarantine
from pipelines.sources.staging import load_table
from storefront_api.migrations import migrate

ROWS = 100_000
BAR, LARGEST_EXPONENT, LARGEST_MEMORY_GB = 0.35, 1.1, 4.0
OURS = ("ours", "more", "again", "one bad")
PEERS = ("psycopg's binary COPY", "ADBC's binary COPY", "text COPY")
_PEOPLE, _BATCH, _BAD_EVERY = 20_000, 200_000, 1000
_LARGEST_FOR_MORE = 1_000_000
_SINCE = datetime(2026, 1, 1, tzinfo=UTC)


def main() -> int:
    sizes = sizes_asked(ROWS)
    print(machine())
    with throw_away_postgres() as server:
        return _compare(server, sizes)


def _compare(server: EmbeddedPostgres, sizes: list[int]) -> int:
    print(f"{'rows':>10} " + " ".join(f"{name:>9}" for name in (*OURS, "psycopg", "ADBC", "text"))
          + "  rows per CPU second; ours ÷ each peer")  # fmt: skip
    seconds: list[float] = []
    shares: list[list[float]] = []
    memory = 0.0
    for rows in sizes:
        *costs, peak = _in_a_process_of_its_own(server, rows)
        seconds.append(costs[0])
        shares.append([peer / costs[0] for peer in costs[len(OURS) :]])
        memory = max(memory, peak)
        print(f"{rows:>10,} " + " ".join(f"{rows / cost:>9,.0f}" if cost == cost else f"{'':>9}" for cost in costs)
              + "  " + ", ".join(f"{share:.2f}" for share in shares[-1]) + f"  peak {peak:.2f} GB", flush=True)  # fmt: skip
    exponent = growth_exponent(sizes, seconds) if len(sizes) > 1 else 1.0
    worst = [min(column) for column in zip(*shares, strict=True)]
    good = min(worst) >= BAR and exponent <= LARGEST_EXPONENT and memory <= LARGEST_MEMORY_GB
    for peer, share in zip(PEERS, worst, strict=True):
        print(f"beside {peer}: at least {share:.2f} of its rows, bar {BAR}: {'holds' if share >= BAR else 'DOES NOT HOLD'}")
    print(f"growth exponent {exponent:.2f} (bar {LARGEST_EXPONENT}), peak {memory:.2f} GB (bar {LARGEST_MEMORY_GB:.0f})")
    return 0 if good else 1


def _in_a_process_of_its_own(server: EmbeddedPostgres, rows: int) -> tuple[float, ...]:
    """CPU seconds of ours and of the three peers, and the peak memory in GB, which only a fresh process has of its own."""
    name = f"bench_{rows}"
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(f"create database {name}")  # type: ignore[arg-type]
    url = server.url(name)
    migrate(url.replace("postgresql://", "postgresql+psycopg://", 1))
    program = "import sys; from benchmarks.ingest import measure; print(*measure(sys.argv[1], *map(int, sys.argv[2:])))"
    arguments = [sys.executable, "-c", program, url, str(rows), str(postmaster(server))]
    done = subprocess.run(arguments, stdout=subprocess.PIPE, text=True, check=True)
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(f"drop database {name} with (force)")  # type: ignore[arg-type]
    return tuple(map(float, done.stdout.split()))


def measure(url: str, rows: int, server: int) -> tuple[float, ...]:
    """What `_in_a_process_of_its_own` returns."""
    import resource

    def cpu(work: Callable[[], None]) -> float:
        return cost_of(work, server=server).cpu

    bad = len(range(0, rows, _BAD_EVERY))
    with psycopg.connect(url) as connection:
        _people(connection)
        _load(connection, 0, 1, expected=1)  # as the peers, which are made ready by a first row
        connection.execute("truncate shop.events")
        connection.commit()
        ours = cpu(lambda: _load(connection, 0, rows, expected=rows))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        more = again = one_bad = math.nan
        if rows <= _LARGEST_FOR_MORE:
            more = cpu(lambda: _load(connection, rows, rows, expected=rows))
            again = cpu(lambda: _load(connection, 0, rows, expected=0))
            connection.execute("truncate shop.events")
            connection.commit()
            one_bad = cpu(lambda: _load(connection, 0, rows, expected=rows - bad, bad=bad))
    return ours, more, again, one_bad, *(_peer(copy, url, rows, server) for copy in _COPIES), peak


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


def _load(connection: psycopg.Connection[object], first: int, rows: int, *, expected: int, bad: int = 0) -> None:
    batches = (_events(first + start, count) for start, count in _batches(rows))
    if bad:
        nobody = pl.when(pl.int_range(pl.len()) % _BAD_EVERY == 0).then(pl.lit("nobody")).otherwise("session_id")
        batches = (batch.with_columns(session_id=nobody) for batch in batches)
    loaded = load_table(connection, "events", batches, Quarantine("simulation"))
    connection.commit()
    assert (loaded.inserted, loaded.quarantined) == (expected, bad)


def _peer(copy: Callable[[str, int], None], url: str, rows: int, server: int) -> float:
    """CPU seconds of one copy into a table of its own, after a first one of a row, which loads the driver."""
    for count in (1, rows):
        with psycopg.connect(url) as connection:
            connection.execute("drop table if exists bare")
            connection.execute(
                "create table bare (event_id text, event_type text, session_id text, customer_id text, occurred_at timestamptz)"
            )
        cost = cost_of(lambda count=count: copy(url, count), server=server).cpu  # type: ignore[misc]
    return cost


def _row_copy(url: str, rows: int) -> None:
    with (
        psycopg.connect(url) as connection,
        connection.cursor() as cursor,
        cursor.copy("copy bare from stdin (format binary)") as stream,
    ):
        stream.set_types(["text"] * 4 + ["timestamptz"])
        for first, count in _batches(rows):
            for row in _events(first, count).iter_rows():
                stream.write_row(row)


def _binary_copy(url: str, rows: int) -> None:
    schema = pa.schema([*((name, pa.string()) for name in ("event_id", "event_type", "session_id", "customer_id")),
                        ("occurred_at", pa.timestamp("us", "UTC"))])  # fmt: skip
    with dbapi.connect(url) as connection, connection.cursor() as cursor:
        for first, count in _batches(rows):
            cursor.adbc_ingest("bare", _events(first, count).to_arrow().cast(schema), mode="append")
        connection.commit()


def _text_copy(url: str, rows: int) -> None:
    with (
        psycopg.connect(url) as connection,
        connection.cursor() as cursor,
        cursor.copy("copy bare from stdin (format csv)") as stream,
    ):
        for first, count in _batches(rows):
            text = io.BytesIO()
            _events(first, count).write_csv(text, include_header=False)
            stream.write(text.getbuffer())


_COPIES = (_row_copy, _binary_copy, _text_copy)


if __name__ == "__main__":
    sys.exit(main())
