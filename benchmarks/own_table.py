"""What does `marketplace evaluate recommendation` take on a table of millions of rows?

`python -m benchmarks.own_table [ROWS]`: a made-up table (10 million rows) of a year: 20 rows a customer, ten times as many
products as the square root of the rows, each customer loyal to two of fifty kinds of products. One call of the command, 28 days
as the test, 3,000 customers to judge by. Bar: two stages order better than trending, in at most 400 bytes of memory a row and
300 MB.
"""

import json
import sys
import tempfile
from pathlib import Path

import numpy as np
import polars as pl
from typer.testing import CliRunner

from benchmarks._growth import machine
from models.own_table.measuring import measured

ROWS, KINDS, JUDGES = 10_000_000, 50, 3000
_BYTES_A_ROW, _BESIDE_MB = 400, 300


def main() -> int:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    print(machine(), flush=True)
    with tempfile.TemporaryDirectory(prefix="cy-bench-", dir="/tmp") as folder:
        path = Path(folder) / "table.parquet"
        made_up(rows).write_parquet(path)
        with measured() as cost:
            answer = evaluated(path)
    served, trending = (next(one for one in answer["models"] if one["name"] == name) for name in ("two_stage", "trending"))
    data = answer["data"]
    print(f"{data['rows']:,} rows, {data['train_customers']:,} customers, {data['train_products']:,} products, {JUDGES:,} judged")
    for model in answer["models"]:
        ndcg, cpu_s, peak_mb = model["metrics"]["ndcg_at_10"]["value"], model["train_cpu_s"], model["peak_mb"]
        print(f"{model['name']:12} NDCG@10 {ndcg:.4f}, {cpu_s:.0f} CPU s of training, {peak_mb:,.0f} MB")
    peak_mb = max(cost.peak_mb, *(model["peak_mb"] for model in answer["models"]))
    print(f"the whole call: {cost.cpu_s:.0f} CPU s, {peak_mb:,.0f} MB")
    is_better = served["metrics"]["ndcg_at_10"]["low"] > trending["metrics"]["ndcg_at_10"]["high"]
    holds = is_better and peak_mb <= _BESIDE_MB + rows * _BYTES_A_ROW / 2**20
    print("holds" if holds else "DOES NOT HOLD")
    return 0 if holds else 1


def made_up(rows: int, *, seed: int = 7) -> pl.DataFrame:
    """A table of `who`, `what` and `at`: popular products of every kind, and people who keep to theirs in four rows of five."""
    rng = np.random.default_rng(seed)
    customers, products = rows // 20, int(10 * rows**0.5)
    who = (customers * rng.random(rows) ** 2).astype(np.int32)
    own = rng.integers(KINDS, size=(customers, 2), dtype=np.int32)[who, rng.integers(2, size=rows)]
    kind = np.where(rng.random(rows) < 0.8, own, rng.integers(KINDS, size=rows, dtype=np.int32))
    a_kind = products // KINDS
    what = kind + KINDS * (a_kind * rng.random(rows) ** 3).astype(np.int32)
    at = np.datetime64("2025-01-01", "us") + (rng.random(rows) * 365 * 86_400e6).astype("timedelta64[us]")
    return pl.DataFrame({"who": who, "what": what, "at": at})


def evaluated(path: Path) -> dict:
    """What the command answers for this table."""
    from cli.evaluate import app

    words = ["recommendation", "--interactions", str(path), "--customer", "who", "--product", "what", "--time", "at"]
    words += ["--test-days", "28", "--new-items-only", "--most-customers", str(JUDGES), "--json"]
    done = CliRunner().invoke(app, words)
    print(done.stderr, end="", flush=True)
    answer: dict = json.loads(done.stdout)
    return answer


if __name__ == "__main__":
    sys.exit(main())
