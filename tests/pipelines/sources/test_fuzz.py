"""A thousand fuzzed rows: every bad one in quarantine with its reason, every good one beside it in the shop."""

from pathlib import Path

import psycopg

from marketplace.settings import Settings
from pipelines.sources import ingest
from tests.pipelines.sources.fuzzed_rows import fuzzed_folder


def test_thousand_fuzzed_rows(database_url: str, tmp_path: Path) -> None:
    load_fuzzed_rows(database_url, tmp_path / "fuzzed", 1_000, seed=11)


def load_fuzzed_rows(database_url: str, folder: Path, count: int, *, seed: int) -> None:
    """Load a fuzzed folder and judge every row of it by what is in the database."""
    good, bad = fuzzed_folder(folder, count, seed=seed)
    settings = Settings(database={"url": database_url})  # type: ignore[arg-type]
    report = ingest("csv", folder, settings)
    with psycopg.connect(database_url) as connection:
        kept = {row[0] for row in connection.execute("select product_id from shop.products")}
        aside = connection.execute(
            "select sum(seen_count)::int, bool_and(reason <> ''), bool_and(context ? 'line') from quarantine.rows"
        ).fetchone()
    assert kept == good, {key: lines_of(folder, key) for key in kept ^ good}
    assert aside == (bad, True, True)
    assert report.quarantined == bad
    assert len(good) > count / 5


def lines_of(folder: Path, key: str) -> list[str]:
    """The lines that name a product, for the message of a failing test."""
    text = (folder / "products.csv").read_text(errors="replace")
    return [line[:200] for line in text.splitlines() if line.startswith(f"{key},")]
