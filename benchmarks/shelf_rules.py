"""What do the rules after ranking cost in NDCG@10, and what do they give in variety, beside the list as it was ranked?

`python -m benchmarks.shelf_rules [--customers N]`: the simulated demo (2,000 customers, 120 days); the model knows all but the
last 14 days and is judged by what customers then carted or bought that was new to them. Each method arranges the same proposals,
as many as the storefront asks for; the difference to the order as ranked is paired over customers.
"""

import argparse
import sys
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from benchmarks._growth import machine
from benchmarks._simulated_shop import simulated
from marketplace.shelf_rules import AS_RANKED, Ranked, ShelfRules, arrange, variety

if TYPE_CHECKING:
    from models.recommendation import RecommendationModel

DAYS, SEED, UNTIL = 120, 7, datetime(2026, 11, 20, tzinfo=UTC)
PLACES, PROPOSED = 10, 38
SERVED = ShelfRules()
METHODS = {
    "as ranked": AS_RANKED,
    "caps alone": replace(SERVED, relevance_weight=1.0),
    "variety alone, .7": replace(AS_RANKED, relevance_weight=0.7),
    "caps and variety, .9": replace(SERVED, relevance_weight=0.9),
    "caps and variety, .7 (served)": SERVED,
    "caps and variety, .5": replace(SERVED, relevance_weight=0.5),
}
LARGEST_LOSS = 0.11  # of NDCG@10: what such rules are known to cost


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--customers", type=int, default=2_000)
    print(machine())
    return report(*judged(parser.parse_args().customers))


def report(ranked: "dict[str, list[list[Ranked]]]", targets: list[set[str]], seconds: dict[str, float]) -> int:
    """The table of methods; 1 where the served rules cost more than they may."""
    import numpy as np

    from models.metrics.bootstrap import paired_bootstrap

    def ndcg(shelf: list[Ranked], wanted: set[str]) -> float:
        gains = [1 / np.log2(place + 2) for place, one in enumerate(shelf) if one.product_id in wanted]
        return float(sum(gains) / sum(1 / np.log2(place + 2) for place in range(min(PLACES, len(wanted)))))

    values = {
        name: np.array([ndcg(shelf, wanted) for shelf, wanted in zip(shelves, targets, strict=True)])
        for name, shelves in ranked.items()
    }
    base = values["as ranked"]
    print(f"{len(targets):,} customers, {sum(map(len, targets)):,} targets")
    heads = f"{'NDCG@10':>8} {'change':>8} {'95 % interval':>18} {'variety':>8} {'most of a seller':>17} {'µs/shelf':>9}"
    print(f"{'rules':<30} {heads}")
    for name, shelves in ranked.items():
        change = paired_bootstrap(values[name], base, seed=SEED)
        most = np.mean([max(Counter(one.seller_id for one in shelf).values(), default=0) for shelf in shelves])
        interval = f"{(change.low or 0) / base.mean():+.1%} to {(change.high or 0) / base.mean():+.1%}"
        print(
            f"{name:<30} {values[name].mean():>8.4f} {values[name].mean() / base.mean() - 1:>+8.1%} {interval:>18} "
            f"{np.mean([variety(shelf) for shelf in shelves]):>8.3f} {most:>17.1f} {seconds[name] * 1e6:>9,.0f}"
        )
    served = values["caps and variety, .7 (served)"].mean() / base.mean() - 1
    good = served >= -LARGEST_LOSS
    print(f"the served rules change it by {served:+.1%} (bar {-LARGEST_LOSS:.0%}): {'holds' if good else 'DOES NOT HOLD'}")
    return 0 if good else 1


def judged(customers: int) -> "tuple[dict[str, list[list[Ranked]]], list[set[str]], dict[str, float]]":
    """By method the shelves of all judges, what each judge took, and processor seconds for one shelf."""
    from models.recommendation import RecommendationConfig, train
    from models.recommendation.train import find_judges, split

    config = RecommendationConfig()
    training_set = simulated(customers, DAYS, SEED, UNTIL)
    past, later = split(training_set, days=config.test_days, min_rows=config.min_test_rows)
    model = train(past, config)
    judges = find_judges(model, later)
    facts = training_set.products.set_index("product_id")
    proposals = [proposed(model, str(customer_id), facts) for customer_id in judges.customer_ids]
    product_ids = model.catalogue.product_ids
    targets = [{str(product_ids[column]) for column in judges.targets[row].indices} for row in range(len(proposals))]
    shelves: dict[str, list[list[Ranked]]] = {}
    seconds = {}
    for name, rules in METHODS.items():
        began = time.process_time()
        shelves[name] = [arrange(one, PLACES, rules) for one in proposals]
        seconds[name] = (time.process_time() - began) / len(proposals)
    return shelves, targets, seconds


def proposed(model: "RecommendationModel", customer_id: str, facts: Any) -> list[Ranked]:
    """What the model proposes to a customer, as the rules see it."""
    listed = model.recommend(customer_id=customer_id, k=PROPOSED)
    rows = facts.loc[[one.product_id for one in listed]].to_dict("records")
    return [
        Ranked(one.product_id, one.score, row["seller_id"], row["category_id"], attributes_of(row))
        for one, row in zip(listed, rows, strict=True)
    ]


def attributes_of(row: dict[str, Any]) -> frozenset[str]:
    """What is known of a product's colour, material and occasion."""
    return frozenset(f"{name}={row[name]}" for name in ("colour", "material", "occasion") if isinstance(row[name], str))


if __name__ == "__main__":
    sys.exit(main())
