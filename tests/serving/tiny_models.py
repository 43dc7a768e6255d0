"""Small real models, trained in a second on made-up rows, that differ by `seed` and so can be told apart once served."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd

from models.fraud import FEATURES, FraudConfig, FraudModel
from models.fraud import TrainingSet as FraudTrainingSet
from models.fraud import train as train_fraud

UNTIL = datetime(2026, 6, 1, tzinfo=UTC)


def fraud_model(seed: int = 7) -> FraudModel:
    """Fraud is what comes from far away, from a device with many cards."""
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
    return train_fraud(FraudTrainingSet(frame, UNTIL), FraudConfig(num_boost_round=30, n_estimators=50, seed=seed))
