"""kill -9 of the importer at random moments: what is loaded in the end is what the files hold, nothing doubled or lost."""

from pathlib import Path
from random import Random

import psycopg

from marketplace.local.postgres import EmbeddedPostgres
from tests.conftest import copied_database
from tests.pipelines.sources.fuzzed_rows import fuzzed_folder
from tests.pipelines.sources.killing import kill_loads, load, rows_by_table


def test_killed_loads_leave_nothing_and_the_next_is_whole(
    postgres: EmbeddedPostgres, migrated_template: str, database_url: str, tmp_path: Path
) -> None:
    fuzzed_folder(tmp_path / "files", 2_000, seed=5)
    for clean in copied_database(postgres, migrated_template):
        seconds = load("csv", tmp_path / "files", clean)
        expected, aside = rows_by_table(clean), quarantined(clean)
    kill_loads("csv", tmp_path / "files", database_url, times=3, seconds=seconds, rng=Random(5))
    load("csv", tmp_path / "files", database_url)
    assert rows_by_table(database_url) == expected
    assert quarantined(database_url) == aside


def quarantined(url: str) -> set[tuple[str, ...]]:
    """What lies in quarantine, however often it was seen."""
    with psycopg.connect(url) as connection:
        rows = connection.execute("select object, coalesce(row_key, ''), reason, payload_hash from quarantine.rows").fetchall()
    return set(rows)
