"""How many simulated rows does a processor second write, what memory does it take, and how do both grow?

`python -m benchmarks.simulation [--quick]`: the demo (2,000 customers, 120 days), then 3 and 10 times the customers. The peer is
Parquet itself: the same rows read into memory and written again by pyarrow, which draws nothing and makes no text.
"""

import shutil
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from benchmarks._growth import Cost, cost_of, growth_exponent, in_a_process, machine

CUSTOMERS, DAYS, SEED = 2_000, 120, 7
FACTORS = (1, 3, 10)
UNTIL = datetime(2026, 11, 20, tzinfo=UTC)


def main() -> None:
    factors = FACTORS[:2] if "--quick" in sys.argv else FACTORS
    print(machine())
    heads = f"{'rows/cpu s':>11} {'rewrite rows/cpu s':>19} {'ratio':>6} {'peak MB':>8} {'on disk MB':>11}"
    print(f"{'customers':>10} {'rows':>12} {heads}")
    found = []
    for factor in factors:
        folder = Path(tempfile.mkdtemp(prefix="cy-bench-", dir="/tmp"))
        try:
            (rows, ours), peak = in_a_process(write, CUSTOMERS * factor, folder)
            again, _ = in_a_process(rewrite, folder)
            size = sum(path.stat().st_size for path in folder.rglob("*.parquet")) / 1e6
        finally:
            shutil.rmtree(folder)
        found.append((rows, ours.cpu, peak))
        rates = f"{rows / ours.cpu:>11,.0f} {rows / again.cpu:>19,.0f} {again.cpu / ours.cpu:>6.2f}"
        print(f"{CUSTOMERS * factor:>10,} {rows:>12,} {rates} {peak:>8,.0f} {size:>11,.0f}", flush=True)
    sizes, costs, peaks = zip(*found, strict=True)
    print(f"growth exponent of time: {growth_exponent(sizes, costs):.2f}, of memory: {growth_exponent(sizes, peaks):.2f}")


def write(customers: int, folder: Path) -> tuple[int, Cost]:
    """Rows that a simulation of so many customers has, and what it cost to write them."""
    from marketplace.simulation import generate

    rows: list[int] = []
    cost = cost_of(lambda: rows.append(sum(generate(customers, DAYS, SEED, UNTIL, folder).rows.values())))
    return rows[0], cost


def rewrite(folder: Path) -> Cost:
    """What it costs to write the rows of `folder` once more, table by table, from memory."""
    import pyarrow.parquet as pq

    total = 0.0
    for path in sorted(folder.rglob("*.parquet")):
        table = pq.read_table(path)
        copy = path.with_suffix(".copy")
        total += cost_of(lambda table=table, copy=copy: pq.write_table(table, copy, compression="zstd")).cpu  # type: ignore[misc]
        copy.unlink()
    return Cost(total, 0.0, total)


if __name__ == "__main__":
    main()
