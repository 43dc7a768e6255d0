"""Do two stages rank better than what other libraries offer, on the same table, the same days and the same people?

`python -m benchmarks.recommendation_peers --interactions FILE --customer COL --product COL --time COL [--text COL]`: new items of
the last `--test-days 28`, as `marketplace evaluate recommendation` judges them. The peers are RecTools (with `implicit`'s
item-kNN, ALS and BPR behind it) and LensKit, in an environment of their own, made once below the temporary folder: it takes
6 GB, since LensKit brings torch. Without a file, Online Retail from the folder that MARKETPLACE_DATA names, or nothing.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks._growth import machine
from benchmarks._peer_environment import python_with
from models.metrics.bootstrap import bootstrap_interval, paired_bootstrap
from models.metrics.ranking import coverage_at, hits, ndcg_at, personalisation_at, recall_at
from models.own_table.interactions import Interactions, last_days
from models.own_table.recommendation import InteractionColumns, asked_columns, listings_of
from models.own_table.recommendation_stages import find_judges, fit, label_windows, rank, table_config
from models.recommendation.figures import SERVED
from models.recommendation.learning import learn_ranker
from models.tables import read_table

# RecTools holds numpy below 2, which newer releases of pyarrow no longer load with.
PEERS = ("rectools==0.19.0", "lenskit==2025.8.1", "pyarrow<22")


def main() -> int:
    options = _options()
    if options.interactions is None:
        print("skipped: name a table with --interactions, or set MARKETPLACE_DATA to the folder that holds online_retail/")
        return 0
    columns = InteractionColumns(options.customer, options.product, options.time, None, options.text)
    print(machine())
    table = read_table([options.interactions], asked_columns(columns))
    interactions, listings = Interactions.of(table), listings_of(table)
    cut = last_days(interactions, options.test_days)
    past, later = interactions.between(None, cut).compact(), interactions.between(cut, None)
    judges = find_judges(past, later, new_items_only=True)
    config = table_config(seed=7)
    windows = label_windows(past, listings, options.test_days, config, new_items_only=True)
    ranker, blend = learn_ranker(windows, config, report=print)
    lists = rank(fit(past, listings, config, new_items_only=True), ranker, blend, judges)
    lists = {name: lists[name] for name in (SERVED, "trending")} | _of_peers(past, judges.customers)
    values = {name: ndcg_at(hits(ranked, judges.targets), judges.counts, 10) for name, ranked in lists.items()}
    print(f"{'':<28}{'NDCG@10':>9}{'95 % interval':>20}{'recall@20':>11}{'coverage':>10}{'personal.':>10}  two stages minus it")
    behind = []
    for name, ranked in lists.items():
        own = bootstrap_interval(values[name])
        gain = paired_bootstrap(values[SERVED], values[name])
        recall = recall_at(hits(ranked, judges.targets), judges.counts, 20).mean()
        spread = f"{coverage_at(ranked, len(past.product_ids), 10):>10.3f}{personalisation_at(ranked, 10):>10.3f}"
        print(
            f"{name:<28}{own.value:>9.4f}{f'{own.low:.4f} to {own.high:.4f}':>20}{recall:>11.4f}{spread}"
            f"  {gain.value:+.4f} [{gain.low:+.4f}, {gain.high:+.4f}]"
        )
        if name != SERVED and (gain.low is None or gain.low <= 0):
            behind.append(name)
    print(f"not shown to be ahead of {', '.join(behind)}: DOES NOT HOLD" if behind else "ahead of each: holds")
    return 1 if behind else 0


def _options() -> argparse.Namespace:
    folder = Path(os.environ.get("MARKETPLACE_DATA", "")) / "online_retail"
    default = next(iter(sorted(folder.glob("*.csv.gz"))), None)
    parser = argparse.ArgumentParser()
    parser.add_argument("--interactions", type=Path, default=default)
    for name, column in (("customer", "CustomerID"), ("product", "StockCode"), ("time", "InvoiceDate"), ("text", "Description")):
        parser.add_argument(f"--{name}", default=column)
    parser.add_argument("--test-days", type=int, default=28)
    return parser.parse_args()


def _of_peers(past: Interactions, asked: np.ndarray) -> dict[str, np.ndarray]:
    """Each peer's lists as positions in the products of `past`."""
    python = python_with("customiseyou-bench-peers", PEERS)
    with tempfile.TemporaryDirectory(prefix="cy-bench-") as folder:
        np.savez(
            Path(folder) / "interactions.npz",
            customers=past.customers,
            products=past.products,
            weights=past.weights,
            instants=past.instants,
            asked=asked,
        )
        subprocess.run([python, str(Path(__file__).with_name("_peer_lists.py")), folder], check=True)
        names = json.loads((Path(folder) / "costs.json").read_text())
        return {name: np.load(Path(folder) / f"{name}.npy") for name in names}


if __name__ == "__main__":
    sys.exit(main())
