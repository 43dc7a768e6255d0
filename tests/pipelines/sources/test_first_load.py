"""Many rows for an empty table take a short way, and leave what the long way would have left, whatever is wrong with them."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import numpy as np
import polars as pl
import psycopg
import pytest

from pipelines.sources import first_load
from pipelines.sources.quarantine import Quarantine
from pipelines.sources.staging import Loaded, load_table

THEN = datetime(2026, 1, 1, tzinfo=UTC)
EVERYTHING = (
    "select 'shop', event_id, event_type, session_id, customer_id, occurred_at::text from shop.events union all "
    "select 'aside', row_key, reason, payload::text, seen_count::text, resolution from quarantine.rows order by 1, 2, 3, 4"
)


@pytest.fixture
def connection(database_url: str) -> psycopg.Connection[Any]:
    with psycopg.connect(database_url) as connection:
        connection.execute("insert into shop.sessions (session_id, started_at, last_seen_at) values ('s-1', now(), now())")
        connection.commit()
        yield connection  # type: ignore[misc]
        connection.rollback()


def events(count: int, *, first: int = 0, **columns: Any) -> pl.DataFrame:
    numbers = pl.int_range(first, first + count, eager=True)
    frame = pl.DataFrame({"event_id": "e-" + numbers.cast(pl.String), "event_type": ["search"] * count})
    return frame.with_columns(session_id=pl.lit("s-1"), occurred_at=pl.lit(THEN)).with_columns(**columns)


def orphans(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(session_id=pl.when(pl.int_range(pl.len()) == 1).then(pl.lit("s-9")).otherwise("session_id"))


def broken(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(event_type=pl.when(pl.int_range(pl.len()) == 2).then(pl.lit("dance")).otherwise("event_type"))


def missing(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(session_id=pl.when(pl.int_range(pl.len()) == 2).then(None).otherwise("session_id"))


def repeated(frame: pl.DataFrame) -> pl.DataFrame:
    return pl.concat([frame, frame.head(2), frame.slice(2, 1).with_columns(event_type=pl.lit("page_view"))])


def load(connection: psycopg.Connection[Any], batches: list[pl.DataFrame], many: int) -> tuple[Loaded, list[Any]]:
    """What a load of those batches says and leaves if `many` rows are many."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(first_load, "_MANY_ROWS", many)
        quarantine = Quarantine("simulation")
        loaded = load_table(connection, "events", batches, quarantine)
        quarantine.flush(connection)
        found = connection.execute(EVERYTHING).fetchall()
    return loaded, found


def both_ways(connection: psycopg.Connection[Any], batches: list[pl.DataFrame]) -> tuple[Loaded, list[Any]]:
    """What the short way says and leaves, which the long way must too."""
    with connection.transaction(force_rollback=True):
        long = load(connection, batches, many=10**9)
    short = load(connection, batches, many=1)
    assert short == long
    return short


def test_good_rows_are_never_staged(connection: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.sources.staging._stage", None)
    loaded, found = load(connection, [events(5), events(5, first=5)], many=1)
    assert (loaded, len(found)) == (Loaded(inserted=10, already_there=0), 10)


@pytest.mark.parametrize("spoil", [orphans, broken, missing, repeated])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_bad_rows_of_any_batch_are_put_aside_and_the_rest_stays(
    connection: psycopg.Connection[Any], spoil: Callable[[pl.DataFrame], pl.DataFrame], place: int
) -> None:
    batches = [events(4, first=4 * number) for number in range(3)]
    batches[place] = spoil(batches[place])
    loaded, found = both_ways(connection, batches)
    assert loaded.quarantined == 1
    assert loaded.inserted == sum(row[0] == "shop" for row in found) == (12 if spoil is repeated else 11)
    assert loaded.already_there == (2 if spoil is repeated else 0)
    assert load(connection, batches, many=1)[1] == [
        row if row[0] == "shop" else (*row[:4], "2", row[5]) for row in found
    ]  # again: seen twice, nothing else


@pytest.mark.parametrize("seed", range(8))
def test_any_batches_leave_the_same_both_ways(connection: psycopg.Connection[Any], seed: int) -> None:
    rng = np.random.default_rng(seed)
    batches = []
    for _ in range(4):
        frame = events(30, first=int(rng.integers(0, 90)))
        for spoil in rng.permutation([orphans, broken, missing, repeated])[: rng.integers(0, 3)]:
            frame = spoil(frame)
        batches.append(frame)
    both_ways(connection, batches)


def test_corrected_rows_end_their_quarantine(connection: psycopg.Connection[Any]) -> None:
    load(connection, [orphans(events(3)).slice(1, 1)], many=1)
    connection.commit()
    _, found = both_ways(connection, [events(3)])
    assert [row[5] for row in found if row[0] == "aside"] == ["loaded"]
