"""The on-demand fraud features, worked by hand."""

import math
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from models.request_risk import REQUEST_FEATURES, request_features
from models.request_risk_columns import request_feature_columns

DHAKA = (23.8103, 90.4125)
CHATTOGRAM = (22.3569, 91.7832)

REQUEST = {
    "amount_minor": 30_000,
    "attempted_at": datetime(2026, 3, 2, 13, 45, tzinfo=UTC),
    "signed_up_at": datetime(2026, 3, 1, 12, 45, tzinfo=UTC),
    "ip_country_code": "BD",
    "shipping_country_code": "BD",
    "billing_country_code": "US",
    "ip_latitude": DHAKA[0],
    "ip_longitude": DHAKA[1],
    "shipping_latitude": CHATTOGRAM[0],
    "shipping_longitude": CHATTOGRAM[1],
    "billing_latitude": None,
    "billing_longitude": None,
    "order_value_mean_minor": 10_000.0,
    "order_value_max_minor": 15_000,
}


def test_known_request_gives_every_feature() -> None:
    features = request_features(REQUEST)
    assert tuple(features) == REQUEST_FEATURES
    assert features["amount_ratio_to_mean"] == 3.0
    assert features["amount_ratio_to_max"] == 2.0
    assert features["account_age_hours"] == 25.0
    assert features["ip_shipping_km"] == pytest.approx(214, abs=2)
    assert math.isnan(features["billing_shipping_km"])
    assert features["is_ip_country_foreign"] == 0.0
    assert features["is_billing_country_other"] == 1.0
    assert features["hour_of_day"] == 13.0


def test_empty_request_is_neutral() -> None:
    features = request_features({"ip_latitude": float("nan"), "ip_country_code": float("nan")})
    claims = {"is_ip_country_foreign", "is_billing_country_other"}
    assert all(features[name] == 0.0 for name in claims)
    assert all(math.isnan(value) for name, value in features.items() if name not in claims)


def test_first_order_has_no_usual_amount() -> None:
    assert math.isnan(request_features(REQUEST | {"order_value_mean_minor": 0.0})["amount_ratio_to_mean"])


def test_epoch_seconds_mean_the_same_as_datetimes() -> None:
    as_numbers = REQUEST | {name: REQUEST[name].timestamp() for name in ("attempted_at", "signed_up_at")}  # type: ignore[attr-defined]
    assert request_features(as_numbers) == pytest.approx(request_features(REQUEST), nan_ok=True)


def test_distance_of_a_quarter_of_the_globe() -> None:
    far = {"ip_latitude": 0.0, "ip_longitude": 0.0, "shipping_latitude": 0.0, "shipping_longitude": 90.0}
    assert request_features(far)["ip_shipping_km"] == pytest.approx(10_007.557, abs=0.01)


def test_many_requests_at_once_say_the_same() -> None:
    rng = np.random.default_rng(6)
    codes = ["BD", "bd ", "US", "", " ", None]
    columns: dict[str, list[Any]] = {
        name: rng.choice(codes, 500).tolist() for name in ("ip_country_code", "shipping_country_code", "billing_country_code")
    }
    for name in REQUEST:
        if name not in columns:
            values = rng.uniform(-200, 2e9, 500) if name.endswith("_at") else rng.uniform(-180, 180, 500).round()
            columns[name] = rng.choice([*values, 0.0, math.nan, None, values[0]], 500).tolist()
    found = request_feature_columns(columns)
    assert tuple(found) == REQUEST_FEATURES
    for place in range(500):
        alone = request_features({name: values[place] for name, values in columns.items()})
        assert {name: values[place] for name, values in found.items()} == pytest.approx(alone, rel=1e-12, nan_ok=True)
