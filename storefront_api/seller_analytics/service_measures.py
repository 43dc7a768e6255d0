"""Measures of service against their targets. Pure functions."""

from collections.abc import Mapping
from typing import Any, Literal

from storefront_api.seller_analytics.schemas import Performance

# name, label, target, is a rate, the words. Targets are those large marketplaces hold their sellers to.
_MEASURES = (
    (
        "late_rate_60d",
        "Shipped late",
        0.04,
        True,
        "Orders of the last 60 days shipped after their promised day. Target: under 4 %.",
    ),
    ("cancel_rate_60d", "Cancelled", 0.025, True, "Orders of the last 60 days that were cancelled. Target: under 2.5 %."),
    ("refund_rate_60d", "Refunded", 0.05, True, "Orders of the last 60 days with a refund. Target: under 5 %."),
    ("rating_mean_90d", "Rating", 4.5, False, "Mean stars of the reviews of the last 90 days. Target: 4.5 and up."),
)
_FEWEST_ORDERS = 5


def performance_of(row: Mapping[str, Any] | None) -> list[Performance]:
    """Each measure of service against its target; rates of very few orders are not judged."""
    measures = []
    for name, label, target, is_rate, words in _MEASURES:
        value = None if row is None else row[name]
        if is_rate and (row is None or (row["order_count_60d"] or 0) < _FEWEST_ORDERS):
            value = None
        measures.append(
            Performance(
                name=name,
                label=label,
                value=value,
                target=target,
                is_rate=is_rate,
                status=_status(value, target, is_rate=is_rate),
                definition=words,
            )
        )
    return measures


def _status(value: float | None, target: float, *, is_rate: bool) -> Literal["good", "warn", "bad", "unknown"]:
    if value is None:
        return "unknown"
    if is_rate:
        return "good" if value < target else "warn" if value < 2 * target else "bad"
    return "good" if value >= target else "warn" if value >= target - 0.5 else "bad"
