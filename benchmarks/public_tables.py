"""Do the platform's models keep, on public data, what is asked of them?

`python -m benchmarks.public_tables [--only handbook|fraud_data|online_retail|retailrocket|olist|flipkart|fashion]`: each
table of the folder that MARKETPLACE_DATA names goes through `marketplace evaluate` (tagging through `benchmarks.tagging`), and
one table says what came out beside the best peer of the same run and beside the bar. All of it takes about a quarter of an hour
of processor time, most of it the tags, so `make bench` leaves it out.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks._growth import machine
from benchmarks._public_bars import (
    Answer,
    Row,
    above_each,
    estimate_off,
    evaluated,
    figures,
    gain_over,
    not_above,
    printed,
    told,
    within,
)

# All that stand alone; the blend is made of them.
_SOURCES = ("als", "user_knn", "item_knn", "next_days", "ease", "content", "trending", "popularity")
_DRAWS = range(1, 6)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", choices=list(TABLES), help="one of the tables")
    options = parser.parse_args()
    folder = os.environ.get("MARKETPLACE_DATA")
    if not folder:
        print(
            "nothing was measured: set MARKETPLACE_DATA to the folder that holds fraud_handbook/, online_retail/ and the others"
        )
        return 2
    print(machine(), flush=True)
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="cy-bench-") as scratch:
        for name in [options.only] if options.only else TABLES:
            print(f"{name} ...", file=sys.stderr, flush=True)
            rows += TABLES[name](Path(folder), Path(scratch))
    return 0 if printed(rows) else 1


def handbook(data: Path, scratch: Path) -> list[Row]:
    """Simulated cards: the weeks from 11, 18 and 25 July 2018 and the one to 7 August, after up to 60 days of labels."""
    files = [word for path in sorted((data / "fraud_handbook").glob("*.parquet")) for word in ("--transactions", path)]
    columns = ["--time", "TX_DATETIME", "--customer", "CUSTOMER_ID", "--amount", "TX_AMOUNT", "--label", "TX_FRAUD"]
    weeks = ["--split", "weekly", "--test-start", "2018-07-11", "--weeks", 4, "--train-days", 60, "--label-delay-days", 7]
    answer = evaluated(["fraud", *files, *columns, "--terminal", "TERMINAL_ID", *weeks])
    return [
        gain_over("handbook", answer, "average_precision", ["random_forest"], least=0.04),
        above_each("handbook", answer, "roc_auc"),
        above_each("handbook", answer, "recall_at_1pct_fpr"),
        within("handbook", answer, "calibration_slope", 0.9, 1.1),
        within("handbook", answer, "top_tenth_estimated_over_realised", 0.9, 1.1),
        within("handbook", answer, "brier_skill", 0.65, 1.0),
        *(estimate_off("handbook", answer, figure, most=0.03) for figure in ("average_precision", "alert_precision_at_100")),
    ]


def fraud_data(data: Path, scratch: Path) -> list[Row]:
    """First purchases: other customers of the same days, five draws of 30 % of them; and the newest 30 % of the purchases."""
    source = data / "fraud_ecommerce/Fraud_Data_sample.csv.gz"
    table = pd.read_csv(source)
    columns = ["--time", "purchase_time", "--customer", "user_id", "--amount", "purchase_value", "--label", "class"]
    columns += ["--device", "device_id", "--ip", "ip_address", "--signup-time", "signup_time"]
    answers = []
    for seed in _DRAWS:
        is_test = np.random.default_rng(seed).random(len(table)) < 0.3  # an account has one purchase
        past, test = scratch / "past.csv", scratch / "test.csv"
        table[~is_test].to_csv(past, index=False)
        table[is_test].to_csv(test, index=False)
        answers.append(evaluated(["fraud", "--transactions", past, *columns, "--split", "customers", "--test", test]))
    later = evaluated(["fraud", "--transactions", source, *columns, "--split", "time", "--test-share", 0.3])
    return [
        _mean_of_draws(answers, "average_precision", 0.66),
        _mean_of_draws(answers, "roc_auc", 0.79),
        *(_no_bar("fraud_data by time", later, metric) for metric in ("average_precision", "roc_auc")),
    ]


def _mean_of_draws(answers: list[Answer], metric: str, least: float) -> Row:
    found = [figures(answer, metric) for answer in answers]
    means = {name: float(np.mean([one[name]["value"] for one in found])) for name in found[0]}
    draws = [one["served"]["value"] for one in found]
    ours = {"value": means.pop("served"), "low": min(draws), "high": max(draws)}
    best = max(means, key=lambda name: means[name])
    bar = f"at least {least}; between them five draws"
    return Row("fraud_data", metric, told(ours), f"{best} {means[best]:.3f}", bar, ours["value"] >= least)


def _no_bar(table: str, answer: Answer, metric: str) -> Row:
    row = above_each(table, answer, metric)
    return Row(table, metric, row.ours, row.peer, "", None)


def online_retail(data: Path, scratch: Path) -> list[Row]:
    """What customers take in the last 28 days, items by the week, and revenue by the day."""
    source = next((data / "online_retail").glob("*.csv.gz"))
    asked = ["recommendation", "--interactions", source, "--customer", "CustomerID", "--product", "StockCode"]
    asked += ["--time", "InvoiceDate", "--text", "Description", "--test-days", 28]
    new, again = evaluated([*asked, "--new-items-only"]), evaluated(asked)
    table = pd.read_csv(source)
    # Returns and lines without a price are no demand.
    table = table[(table["Quantity"] > 0) & (table["UnitPrice"] > 0)]
    sales = scratch / "sales.csv"
    table.assign(shop="all", revenue=table["Quantity"] * table["UnitPrice"]).to_csv(sales, index=False)
    weekly = ["forecast", "--sales", sales, "--key", "StockCode", "--time", "InvoiceDate", "--value", "Quantity"]
    items = evaluated([*weekly, "--frequency", "week", "--horizon", 4, "--origins", 3])
    daily = ["forecast", "--sales", sales, "--key", "shop", "--time", "InvoiceDate", "--value", "revenue"]
    days = evaluated([*daily, "--frequency", "day", "--horizon", 14, "--origins", 8])
    return [
        gain_over("online_retail, new items", new, "ndcg_at_10", _SOURCES, least=0.1, is_share=True),
        gain_over("online_retail, new items", new, "ndcg_at_10", ["trending"]),
        within("online_retail, new items", new, "coverage_at_10", 0.15, 1),
        within("online_retail, new items", new, "personalisation_at_10", 0.5, 1),
        gain_over("online_retail, buy again", again, "ndcg_at_10", ["own_history"], least=0.1, is_share=True),
        above_each("online_retail, items a week", items, "wape", is_less_better=True),
        above_each("online_retail, items a week", items, "mase", is_less_better=True),
        not_above("online_retail, items a week", items, "stock_wape", ["tsb"]),
        within("online_retail, items a week", items, "stock_bias", -0.1, 0.1),
        above_each("online_retail, revenue a day", days, "wape", is_less_better=True),
        within("online_retail, revenue a day", days, "interval_80_coverage", 0.75, 0.85),
    ]


def retailrocket(data: Path, scratch: Path) -> list[Row]:
    """Sessions of views: the last 7 %."""
    words = ["sessions", "--train", data / "retailrocket/sessions_train.csv.gz", "--sequence", "item_seq", "--test-share", 0.07]
    answer = evaluated(words)
    in_mrr = "served_minus_others_in_mrr_at_20"
    return [
        gain_over("retailrocket", answer, "ndcg_at_10", ["stan"], least=0.05, is_share=True),
        gain_over("retailrocket", answer, "mrr_at_20", ["stan"], least=0.05, is_share=True, gains=in_mrr),
    ]


def olist(data: Path, scratch: Path) -> list[Row]:
    """Pieces a week that were delivered: all, of the twelve largest categories, and of the thirty largest sellers."""
    orders, items, products = (
        pd.read_csv(data / f"olist/sample/olist_{name}_dataset.csv.gz") for name in ("orders", "order_items", "products")
    )
    sold = items.merge(orders[orders["order_status"] == "delivered"], on="order_id").merge(products, on="product_id")
    sold = sold.assign(pieces=1, total="all")
    rows = []
    for key, most in (("total", 1), ("product_category_name", 12), ("seller_id", 30)):
        largest = sold[sold[key].isin(sold[key].value_counts().index[:most])]
        path = scratch / "olist.csv"
        largest.to_csv(path, index=False)
        words = ["forecast", "--sales", path, "--key", key, "--time", "order_purchase_timestamp", "--value", "pieces"]
        answer = evaluated([*words, "--frequency", "week", "--horizon", 4, "--origins", 6])
        rows.append(not_above(f"olist, {most} by {key}", answer, "wape", ["ma4", "median8"], may_be_chance=True))
    return rows


def _tags(only: str) -> Callable[[Path, Path], list[Row]]:
    def of(data: Path, scratch: Path) -> list[Row]:
        from benchmarks.tagging import PEER, labels

        return [
            Row(
                one.name,
                "macro_f1",
                f"{one.ours:.3f}",
                f"{PEER} {one.peer:.3f}",
                f"{one.bar}: {told(one.gain, sign='+')}",
                one.holds,
            )
            for one in labels(data, _DRAWS, only, None)
        ]

    return of


TABLES: dict[str, Callable[[Path, Path], list[Row]]] = {
    "handbook": handbook,
    "fraud_data": fraud_data,
    "online_retail": online_retail,
    "retailrocket": retailrocket,
    "olist": olist,
    "flipkart": _tags("flipkart"),
    "fashion": _tags("fashion"),
}


if __name__ == "__main__":
    sys.exit(main())
