"""Small real models, trained in a second or two on made-up rows; another `seed` is another model."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from marketplace.vocabulary import ModelName
from models.evaluation import Evaluation, MethodResult, Metric
from models.registry import ModelRegistry, data_hash

UNTIL = datetime(2026, 6, 1, tzinfo=UTC)


def fraud_model(seed: int = 7) -> Any:
    """Fraud is what comes from far away, from a device with many cards."""
    from models.fraud import FEATURES, FraudConfig, TrainingSet, train

    rng = np.random.default_rng(seed)
    count = 400
    is_fraud = rng.random(count) < 0.2
    frame = pd.DataFrame(rng.poisson(1.0, (count, len(FEATURES))).astype(float), columns=list(FEATURES))
    frame["device_cards_24h"] = rng.poisson(np.where(is_fraud, 3.0, 0.1))
    frame["ip_shipping_km"] = np.where(is_fraud, 5000.0, 20.0) * rng.random(count)
    frame["amount_minor"] = rng.integers(1_000, 100_000, count)
    frame["attempted_at"] = UNTIL - timedelta(days=60) + pd.to_timedelta(np.sort(rng.random(count)) * 30, unit="D")
    frame["is_fraud"] = pd.array(is_fraud, dtype="boolean")
    frame["labelled_at"] = frame["attempted_at"] + timedelta(days=1)
    frame["outcome"] = "authorised"
    return train(TrainingSet(frame, UNTIL), FraudConfig(num_boost_round=30, n_estimators=50, seed=seed))


def recommendation_model(seed: int = 7) -> Any:
    """40 customers, 20 products in two categories; who likes one category keeps to it."""
    from models.recommendation import RecommendationConfig, TrainingSet, train

    rng = np.random.default_rng(seed)
    customers, products = rng.integers(0, 40, 1200), rng.integers(0, 10, 1200)
    until = pd.Timestamp(UNTIL)
    interactions = pd.DataFrame(
        {
            "customer_id": [f"customer-{customer}" for customer in customers],
            "product_id": [
                f"product-{2 * product + customer % 2}" for customer, product in zip(customers, products, strict=True)
            ],
            "interaction_type": rng.choice(["view", "cart", "purchase"], 1200, p=[0.85, 0.1, 0.05]),
            "interacted_at": until - pd.to_timedelta(rng.random(1200) * 60, unit="D"),
        }
    )
    catalogue = pd.DataFrame(
        {
            "product_id": [f"product-{number}" for number in range(20)],
            "seller_id": "seller-1",
            "category_id": [f"category-{number % 2}" for number in range(20)],
            "category_path": ["Mugs" if number % 2 else "Bags" for number in range(20)],
            "title": [f"{'Ceramic mug' if number % 2 else 'Leather bag'} number {number}" for number in range(20)],
            "description": "made by hand",
            "colour": "blue",
            "material": None,
            "occasion": None,
            "style": None,
            "season": None,
            "gender": None,
            "price_minor": 2000,
            "is_active": True,
            "listed_at": until - pd.Timedelta(days=90),
        }
    )
    categories = pd.DataFrame(
        {"category_id": ["category-0", "category-1"], "parent_category_id": [None, None], "name": ["Bags", "Mugs"]}
    )
    return train(TrainingSet(interactions, catalogue, categories, until), RecommendationConfig(factors=8, seed=seed))


def tagging_model(seed: int = 7) -> Any:
    """Mugs are mugs and bags are bags, in some colours."""
    from models.tagging import TaggingConfig, make_training_set, train

    rows = [
        (f"{colour} {material} {noun} {number}", noun, colour, material)
        for number in range(6)
        for noun, material in (("mug", "ceramic"), ("bag", "leather"))
        for colour in ("blue", "red", "green", "black")
    ]
    products = pd.DataFrame(rows, columns=["title", "category_id", "colour", "material"])
    products = products.assign(
        product_id=[f"product-{number}" for number in range(len(products))],
        description="made by hand",
        occasion=None,
        listed_at=pd.Timestamp(UNTIL) - pd.Timedelta(days=30),
    )
    categories = pd.DataFrame(
        {"category_id": ["mug", "bag"], "parent_category_id": [None, None], "path": ["Kitchen > Mugs", "Fashion > Bags"]}
    )
    return train(make_training_set(products, categories, until=UNTIL), TaggingConfig(seed=seed))


def seller_analytics_model(seed: int = 7) -> Any:
    """Three sellers with 150 days of sales, busier at weekends."""
    from models.seller_analytics import SellerAnalyticsConfig, TrainingSet, train

    rng = np.random.default_rng(seed)
    days = pd.date_range(end=UNTIL.date() - timedelta(days=1), periods=150)
    seller_days = pd.concat(
        pd.DataFrame(
            {
                "seller_id": f"seller-{number}",
                "sale_date": days.date,
                "revenue_minor": (10_000 + 5_000 * (days.dayofweek >= 5)) * rng.uniform(0.7, 1.3, len(days)),
                "currency": "BDT",
            }
        )
        for number in range(3)
    )
    return train(TrainingSet(seller_days, pd.Timestamp(UNTIL)), SellerAnalyticsConfig())


MODELS = {
    ModelName.FRAUD: fraud_model,
    ModelName.RECOMMENDATION: recommendation_model,
    ModelName.TAGGING: tagging_model,
    ModelName.SELLER_ANALYTICS: seller_analytics_model,
}

EVALUATION = Evaluation(
    task="ranking",
    primary_metric="ndcg_at_10",
    methods=(
        MethodResult("ours", {"ndcg_at_10": Metric(0.3, 0.25, 0.35)}, is_served=True),
        MethodResult("trending", {"ndcg_at_10": Metric(0.2, 0.15, 0.25), "coverage_at_10": Metric(float("nan"))}),
    ),
    baseline="trending",
    difference=Metric(0.1, 0.05, 0.15),
    row_count=400,
)


def publish(registry: ModelRegistry, name: ModelName, model: Any) -> str:
    """The version under which the model is the champion now."""
    version = log(registry, name, model)
    registry.promote(name, version)
    return version


def log(registry: ModelRegistry, name: ModelName, model: Any) -> str:
    """The version under which the model is the challenger now."""
    return registry.log_challenger(
        name,
        model,
        EVALUATION,
        model_card=f"# A small {name} model\n\nFor tests.",
        feature_service=f"{name}_v1",
        training_cutoff=UNTIL,
        data_hash=data_hash(pd.DataFrame({"row": [1, 2]})),
        row_count=400,
    )
