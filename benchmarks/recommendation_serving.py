"""What does a request of the two stages cost, and how does that grow with people and products?

`python -m benchmarks.recommendation_serving [--customers N]`: processor milliseconds of a warm model of the simulated demo,
outside and inside a session; then of made-up shops with three and ten times as many people, and products. The clock of a shared
machine says little, so it is not read.
"""

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks._growth import bar, growth_exponent, machine, milliseconds

if TYPE_CHECKING:
    from models.recommendation import RecommendationModel

DAYS, SEED, UNTIL = 120, 7, datetime(2026, 11, 1, tzinfo=UTC)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--customers", type=int, default=2_000)
    asked = parser.parse_args()
    print(machine())
    return 0 if all([*online(asked.customers), *growth()]) else 1


def online(customers: int) -> list[bool]:
    """Processor milliseconds of each request of a warm model, outside and inside a session."""
    from benchmarks._simulated_shop import simulated
    from models.recommendation import RecommendationConfig, train
    from models.recommendation.ranker import LambdaRank

    model = train(simulated(customers, DAYS, SEED, UNTIL), RecommendationConfig())
    rng = np.random.default_rng(SEED)
    asked = rng.choice(model.customer_ids, 400).tolist()
    sessions = [rng.choice(model.catalogue.product_ids, 5, replace=False).tolist() for _ in asked]
    print(f"{len(model.customer_ids):,} customers, {len(model.catalogue.product_ids):,} products, {model.ranker_words}")
    if isinstance(model.ranker, LambdaRank):
        row = model.asked(model.customer_rows(asked[:1]))
        candidates = model.first_stage.propose(row)
        features = model.first_stage.features(row, candidates)
        trees = milliseconds(lambda _: model.ranker.score(features, model.first_stage.columns), range(100))
        print(f"LightGBM's predict alone, {len(candidates)} candidates: p50 {np.percentile(trees, 50):.2f} ms")
    good = []
    for name, seen in (("without a session", [()] * len(asked)), ("in a session of five", sessions)):
        spent = costs(model, asked, seen)
        good.append(bar(f"recommend {name}, p50", float(np.percentile(spent, 50)), 5, " ms"))
        good.append(bar(f"recommend {name}, p99", float(np.percentile(spent, 99)), 20, " ms"))
    return good


def costs(model: "RecommendationModel", customers: Sequence[str], sessions: Sequence[Sequence[str]]) -> np.ndarray:
    """Processor milliseconds of each request."""
    pairs = list(zip(customers, sessions, strict=True))
    for customer, seen in pairs[:50]:
        model.recommend(customer_id=customer, recent_product_ids=seen, k=20)
    return milliseconds(lambda pair: model.recommend(customer_id=pair[0], recent_product_ids=pair[1], k=20), pairs)


def growth() -> list[bool]:
    """What a request costs when there are three and ten times as many people, then products.

    The same blend ranks at every size: trees cost the same for each candidate, and would only hide how the rest grows.
    """
    good = []
    for what, sizes, limit in (
        ("people", [(factor * 1_000, 1_000) for factor in (1, 3, 10)], 0.1),
        ("products", [(1_000, factor * 1_000) for factor in (1, 3, 10)], 0.3),
    ):
        spent = [_request_cost(people, products) for people, products in sizes]
        told = ", ".join(f"{p:,} × {q:,}: {cost:.2f} ms" for (p, q), cost in zip(sizes, spent, strict=True))
        print(f"a request by {what} (people × products): {told}")
        sizes_of = [people if what == "people" else products for people, products in sizes]
        good.append(bar(f"exponent over {what}", growth_exponent(sizes_of, spent), limit, ""))
    return good


def _request_cost(people: int, products: int) -> float:
    """The median of a request of a model of made-up people, each with the same number of deeds."""
    from models.recommendation import RecommendationConfig

    model = made_up(people, products, RecommendationConfig(ease_most_products=0, iterations=3))
    rng = np.random.default_rng(SEED)
    asked = rng.choice(model.customer_ids, 150).tolist()
    return float(np.median(costs(model, asked, [()] * len(asked))))


def made_up(people: int, products: int, config: Any) -> "RecommendationModel":
    """Sources over twenty deeds per person, some products ten times as famous as others, ranked by a blend of all."""
    import pandas as pd

    from models.recommendation import TrainingSet
    from models.recommendation.fitted_sources import HISTORY_SOURCES
    from models.recommendation.ranker import Blend
    from models.recommendation.train import fit

    rng = np.random.default_rng(SEED)
    fame = rng.pareto(1.5, products) + 0.1
    deeds = 20 * people
    until = pd.Timestamp("2026-01-01", tz="UTC")
    taken = rng.choice(products, deeds, p=fame / fame.sum())
    interactions = pd.DataFrame(
        {
            "customer_id": [f"c{number:07d}" for number in np.repeat(np.arange(people), 20)],
            "product_id": [f"p{number:07d}" for number in taken],
            "interaction_type": rng.choice(["view", "cart", "purchase"], deeds, p=[0.85, 0.1, 0.05]),
            "interacted_at": until - pd.to_timedelta(rng.random(deeds) * 90, unit="D"),
        }
    )
    numbers = np.arange(products)
    catalogue = pd.DataFrame(
        {
            "product_id": [f"p{number:07d}" for number in numbers],
            "seller_id": [f"s{number % 97}" for number in numbers],
            "category_id": [f"k{number % 20}" for number in numbers],
            "category_path": [f"Category {number % 20}" for number in numbers],
            "title": [f"Thing {number % 211} of kind {number % 89}" for number in numbers],
            "description": [f"made by hand {number % 57}" for number in numbers],
            "colour": "blue",
            "material": None,
            "occasion": None,
            "style": None,
            "season": None,
            "gender": None,
            "price_minor": 1_000 + numbers,
            "is_active": True,
            "listed_at": until - pd.Timedelta(days=120),
        }
    )
    categories = pd.DataFrame(
        {"category_id": [f"k{n}" for n in range(20)], "parent_category_id": None, "name": [f"Category {n}" for n in range(20)]}
    )
    blend = Blend(dict.fromkeys(HISTORY_SOURCES, 1.0))
    return fit(TrainingSet(interactions, catalogue, categories, until), config, blend, blend)


if __name__ == "__main__":
    sys.exit(main())
