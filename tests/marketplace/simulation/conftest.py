"""One small simulated marketplace, read by all tests of this folder and changed by none."""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from marketplace.simulation import Summary, generate

UNTIL = datetime(2026, 11, 20, tzinfo=UTC)
CUSTOMERS, DAYS, SEED = 400, 120, 11


class Simulated:
    """Tables of a simulated folder by name; `truth/...` too."""

    def __init__(self, summary: Summary) -> None:
        self.summary = summary
        self.folder = summary.folder

    def __getitem__(self, table: str) -> pl.DataFrame:
        return pl.read_parquet(self.folder / f"{table}.parquet")


@pytest.fixture(scope="session")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Simulated:
    """A marketplace of 400 customers and 120 days."""
    folder: Path = tmp_path_factory.mktemp("simulated")
    return Simulated(generate(CUSTOMERS, DAYS, SEED, UNTIL, folder))
