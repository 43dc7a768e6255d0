"""Fraud features that need the request itself: the amount against the customer's usual, distances, ages.

Whoever holds one request and the customer's stored features comes here, so nothing heavy is imported;
`request_risk_columns.py` says the same of many requests at once.
"""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from marketplace.distance import great_circle_km

REQUEST_FEATURES = (
    "amount_ratio_to_mean",
    "amount_ratio_to_max",
    "account_age_hours",
    "ip_shipping_km",
    "billing_shipping_km",
    "is_ip_country_foreign",
    "is_billing_country_other",
    "hour_of_day",
)


def request_features(request: Mapping[str, Any]) -> dict[str, float]:
    """Every one of `REQUEST_FEATURES` for one payment attempt.

    What is missing is neutral, never an error: ratios, distances, ages and the hour become NaN (a customer without an
    earlier order has no usual amount), the two `is_` claims become 0.

    Args:
        request: `amount_minor`, `attempted_at`, `signed_up_at` (datetime or epoch seconds, UTC), country codes
            `ip_country_code`, `shipping_country_code`, `billing_country_code`, coordinates `ip_latitude` ... in degrees, and
            the stored `order_value_mean_minor`, `order_value_max_minor`; any may be absent, None or NaN.
    """
    amount = _number(request.get("amount_minor"))
    attempted_at = _epoch_seconds(request.get("attempted_at"))
    age_seconds = attempted_at - _epoch_seconds(request.get("signed_up_at"))
    shipping_country = country_code(request.get("shipping_country_code"))
    return {
        "amount_ratio_to_mean": _ratio(amount, _number(request.get("order_value_mean_minor"))),
        "amount_ratio_to_max": _ratio(amount, _number(request.get("order_value_max_minor"))),
        "account_age_hours": max(age_seconds, 0.0) / 3600.0,
        "ip_shipping_km": _distance_km(request, "ip", "shipping"),
        "billing_shipping_km": _distance_km(request, "billing", "shipping"),
        "is_ip_country_foreign": _differ(country_code(request.get("ip_country_code")), shipping_country),
        "is_billing_country_other": _differ(country_code(request.get("billing_country_code")), shipping_country),
        "hour_of_day": attempted_at // 3600 % 24,
    }


def _distance_km(request: Mapping[str, Any], one: str, other: str) -> float:
    """Kilometres between two places of the request; NaN if a coordinate is missing."""
    coordinates = (request.get(f"{place}_{axis}") for place in (one, other) for axis in ("latitude", "longitude"))
    return _number(great_circle_km(*(None if angle is None or angle != angle else float(angle) for angle in coordinates)))


def _number(value: Any) -> float:
    return math.nan if value is None or value != value else float(value)


def _epoch_seconds(value: Any) -> float:
    """Seconds since 1970 of a datetime (naive is UTC) or number; NaN for None, NaN and NaT."""
    if value is None or value != value:
        return math.nan
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()
    return float(value)


def country_code(value: Any) -> str | None:
    """The code as it is compared; None where there is none."""
    return value.strip().upper() or None if isinstance(value, str) else None


def _ratio(amount: float, usual: float) -> float:
    return amount / usual if usual > 0 else math.nan


def _differ(code: str | None, other: str | None) -> float:
    return float(code is not None and other is not None and code != other)
