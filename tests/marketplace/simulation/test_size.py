"""Ten times the demo's customers: memory does not grow with what they look at, and the funnel keeps its rates."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

SMALL, LARGE = 7_000, 21_000
_PROGRAM = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from marketplace.simulation import generate
generate(int(sys.argv[1]), 14, 3, datetime(2026, 11, 20, tzinfo=UTC), Path(sys.argv[2]))
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
print(int(status["VmHWM"].split()[0]) // 1024)
"""


@dataclass(frozen=True)
class Made:
    """A folder that a process of its own wrote, and its peak of resident memory in MB."""

    folder: Path
    peak_mb: int

    def count(self, table: str) -> int:
        return int(pl.scan_parquet(self.folder / f"{table}.parquet").select(pl.len()).collect().item())


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Made]:
    if sys.platform != "linux":
        pytest.skip("the peak of memory is read from /proc")
    sizes = {}
    for customers in (SMALL, LARGE):
        folder = tmp_path_factory.mktemp(f"size-{customers}")
        done = subprocess.run(
            [sys.executable, "-c", _PROGRAM, str(customers), str(folder)], capture_output=True, text=True, check=True
        )
        sizes[customers] = Made(folder, int(done.stdout))
    return sizes


def test_three_times_the_customers_take_hardly_more_memory(made: dict[int, Made]) -> None:
    assert made[LARGE].count("events") > 2.7 * made[SMALL].count("events")
    assert made[LARGE].peak_mb <= 1.3 * made[SMALL].peak_mb


def test_funnel_keeps_its_rates_at_ten_times_the_demo(made: dict[int, Made]) -> None:
    events = pl.scan_parquet(made[LARGE].folder / "events.parquet")
    counts = dict(events.group_by("event_type").len().collect().iter_rows())
    assert counts["cart_add"] / counts["product_view"] == pytest.approx(0.0260, rel=0.03)
    assert counts["purchase"] / counts["product_view"] == pytest.approx(0.0084, rel=0.03)


def test_cohorts_share_ids_with_nobody(made: dict[int, Made]) -> None:
    for table, key in (("sessions", "session_id"), ("events", "event_id"), ("addresses", "address_id"), ("users", "user_id")):
        ids = pl.scan_parquet(made[LARGE].folder / f"{table}.parquet").select(pl.col(key).n_unique()).collect().item()
        assert ids == made[LARGE].count(table)


def test_planted_fraud_keeps_its_share(made: dict[int, Made]) -> None:
    kinds = pl.scan_parquet(made[LARGE].folder / "truth" / "fraud_attempts.parquet")
    share = kinds.select((pl.col("fraud_kind") != "honest").mean()).collect().item()
    assert share == pytest.approx(0.04, abs=0.005)


def test_pictures_and_texts_stay_small(made: dict[int, Made]) -> None:
    products = pl.read_parquet(made[LARGE].folder / "products.parquet")
    assert products["picture_svg"].str.len_bytes().max() < 1_500
    assert products["description"].str.len_bytes().max() < 1_000
    assert (made[LARGE].folder / "products.parquet").stat().st_size < 300 * len(products)
