"""Valid rows for the fraud tests: one attempt to be overridden by keyword, and a small made-up history."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from models.fraud.dataset import COLUMN_TYPES
from models.fraud.features import CUSTOMER_FEATURES, DEVICE_FEATURES, RING_FEATURES
from models.request_risk import request_features

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def make_attempt(**changes: Any) -> dict[str, Any]:
    """One payment attempt as `marts.fct_payment_attempts` holds it: usual in every way."""
    row: dict[str, Any] = {
        "payment_attempt_id": "attempt-1",
        "order_id": "order-1",
        "customer_id": "ayesha",
        "device_id": "phone",
        "card_token": "visa",
        "seller_id": "potter",
        "method": "card",
        "amount_minor": 100_000,
        "currency": "BDT",
        "item_count": 1,
        "ip_country_code": "BD",
        "ip_latitude": 23.8,
        "ip_longitude": 90.4,
        "shipping_country_code": "BD",
        "shipping_latitude": 23.8,
        "shipping_longitude": 90.4,
        "billing_country_code": "BD",
        "billing_latitude": 23.8,
        "billing_longitude": 90.4,
        "shipping_address_hash": "home",
        "signed_up_at": NOON - timedelta(days=200),
        "outcome": "authorised",
        "attempted_at": NOON,
    }
    return row | changes


def make_attempts(*changes: dict[str, Any]) -> pd.DataFrame:
    """Attempts numbered from 1, one per dictionary of changes."""
    rows = [make_attempt(payment_attempt_id=f"attempt-{number}", **change) for number, change in enumerate(changes, 1)]
    return pd.DataFrame(rows)


def make_labels(*rows: tuple[str, bool, datetime]) -> pd.DataFrame:
    """Labels as `marts.fct_fraud_labels` holds them."""
    frame = pd.DataFrame(rows, columns=["payment_attempt_id", "is_fraud", "labelled_at"])
    frame["labelled_at"] = pd.to_datetime(frame["labelled_at"], utc=True)
    return frame.assign(is_fraud=frame["is_fraud"].astype(bool), order_id=None, label_source="chargeback")


def retrieve(service: str, asked: pd.DataFrame) -> pd.DataFrame:
    """A feature store that knows nothing of customers and devices but computes what the request itself gives."""
    assert service == "fraud_v2"
    on_demand = pd.DataFrame([request_features(row) for row in asked.to_dict("records")])
    stored = pd.DataFrame(0.0, index=range(len(asked)), columns=[*CUSTOMER_FEATURES, *DEVICE_FEATURES, *RING_FEATURES])
    return pd.concat([asked.reset_index(drop=True), stored, on_demand], axis=1)


def make_history(*, customers: int = 300, days: int = 100, rings: int = 25, seed: int = 1) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Attempts and labels of honest customers, and of rings: new accounts and cards on one device, far away, dear orders.

    Half of the rings look quiet to the rules: two days apart, on devices that nobody shares. Frauds become known after
    5 to 30 days.
    """
    rng = np.random.default_rng(seed)
    start = NOON - timedelta(days=days)
    rows: list[dict[str, Any]] = []
    labels: list[tuple[str, bool, datetime]] = []
    for customer in range(customers):
        signed_up_at = start - timedelta(days=float(rng.uniform(0, 300)))
        for _ in range(rng.poisson(days / 20) + 1):
            rows.append(
                {
                    "customer_id": f"c{customer}",
                    "device_id": f"d{customer}" if rng.random() < 0.9 else None,
                    "card_token": f"k{customer}",
                    "shipping_address_hash": f"h{customer}",
                    "amount_minor": int(rng.lognormal(11.5, 0.6)),
                    "signed_up_at": signed_up_at,
                    "attempted_at": start + timedelta(days=float(rng.uniform(0, days))),
                }
            )
    for ring in range(rings):
        at = start + timedelta(days=float(rng.uniform(0, days)))
        for member in range(6):
            is_quiet = ring % 2 == 0
            at += timedelta(days=2) if is_quiet else timedelta(minutes=10)
            key = f"r{ring}m{member}"
            rows.append(
                {
                    "customer_id": key,
                    "device_id": key if is_quiet else f"ring{ring}",
                    "card_token": key,
                    "shipping_address_hash": key,
                    "amount_minor": int(rng.lognormal(12.6, 0.4)),
                    "ip_latitude": 23.8 + float(rng.uniform(2, 4)),
                    "signed_up_at": at - timedelta(hours=float(rng.uniform(30, 90))),
                    "attempted_at": at,
                    "is_fraud": True,
                }
            )
    rows = [row for row in rows if row["attempted_at"] < NOON]
    is_fraud = [bool(row.pop("is_fraud", False)) for row in rows]
    attempts = make_attempts(*rows)
    for position in np.flatnonzero(is_fraud):
        delay = timedelta(days=float(rng.uniform(5, 30)))
        labels.append((attempts["payment_attempt_id"][position], True, attempts["attempted_at"][position] + delay))
    return attempts, make_labels(*labels)


def make_training_row(**changes: Any) -> dict[str, Any]:
    """One row of a training frame without anything known."""
    return dict.fromkeys(COLUMN_TYPES) | changes
