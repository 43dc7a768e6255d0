"""The features of `request_risk.py` for many requests at once, a column each: the same formulas, a tenth of the time.

Feast's on-demand view comes here with a whole training set. A test holds both to the same answers.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from marketplace.distance import EARTH_RADIUS_KM
from models.request_risk import country_code

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]


def request_feature_columns(requests: Mapping[str, Sequence[Any]]) -> dict[str, Floats]:
    """`request_features` of every request.

    Args:
        requests: by name the columns that `request_features` reads: numbers (instants as epoch seconds) or None, codes as text.
    """
    amount, attempted_at = _numbers(requests, "amount_minor"), _numbers(requests, "attempted_at")
    age_seconds = attempted_at - _numbers(requests, "signed_up_at")
    numbers: dict[str | None, int] = {None: -1}
    ip, shipping, billing = (_codes(requests[f"{place}_country_code"], numbers) for place in ("ip", "shipping", "billing"))
    return {
        "amount_ratio_to_mean": _ratios(amount, _numbers(requests, "order_value_mean_minor")),
        "amount_ratio_to_max": _ratios(amount, _numbers(requests, "order_value_max_minor")),
        "account_age_hours": np.maximum(age_seconds, 0.0) / 3600.0,
        "ip_shipping_km": _distances_km(requests, "ip", "shipping"),
        "billing_shipping_km": _distances_km(requests, "billing", "shipping"),
        "is_ip_country_foreign": _differ(ip, shipping),
        "is_billing_country_other": _differ(billing, shipping),
        "hour_of_day": attempted_at // 3600 % 24,
    }


def _numbers(requests: Mapping[str, Sequence[Any]], name: str) -> Floats:
    return np.asarray(requests[name], dtype=np.float64)  # None becomes NaN


def _codes(values: Sequence[Any], numbers: dict[str | None, int]) -> Codes:
    """The number of each one's country in `numbers`, to which new ones are added; -1 where there is none."""
    known = {value: numbers.setdefault(country_code(value), len(numbers)) for value in dict.fromkeys(values)}
    return np.fromiter((known[value] for value in values), dtype=np.int64, count=len(values))


def _ratios(amounts: Floats, usual: Floats) -> Floats:
    ratios = np.full(len(amounts), np.nan)
    np.divide(amounts, usual, out=ratios, where=usual > 0)
    return ratios


def _differ(codes: Codes, others: Codes) -> Floats:
    is_other: npt.NDArray[np.bool_] = (codes >= 0) & (others >= 0) & (codes != others)
    return is_other.astype(np.float64)


def _distances_km(requests: Mapping[str, Sequence[Any]], one: str, other: str) -> Floats:
    """`great_circle_km` of every row, NaN if a coordinate is missing."""
    return great_circle_kms(
        *(_numbers(requests, f"{place}_{axis}") for place in (one, other) for axis in ("latitude", "longitude"))
    )


def great_circle_kms(latitude: Floats, longitude: Floats, other_latitude: Floats, other_longitude: Floats) -> Floats:
    """`marketplace.distance.great_circle_km` of arrays of degrees, NaN where one is."""
    here, there, apart = np.radians(latitude), np.radians(other_latitude), np.radians(other_longitude - longitude)
    half_chord = np.sin((there - here) / 2) ** 2 + np.cos(here) * np.cos(there) * np.sin(apart / 2) ** 2
    distances: Floats = 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.minimum(1.0, half_chord)))
    return distances
