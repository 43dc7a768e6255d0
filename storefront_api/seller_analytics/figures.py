"""What each figure means, in words that the page shows and in arithmetic that a recount can check. Pure functions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from storefront_api.seller_analytics.schemas import Figure, Performance, Unit


@dataclass(frozen=True)
class _Definition:
    name: str
    label: str
    unit: Unit
    above: str
    below: str | None
    words: str


_FIGURES = (
    _Definition(
        "revenue",
        "Revenue",
        "money",
        "revenue_minor",
        None,
        "Sum of your order lines that are sales, by the day they were ordered: goods, customisation, shipping and tax,"
        " less discounts. Commission and refunds are not taken off.",
    ),
    _Definition("orders", "Orders", "count", "order_count", None, "Orders with at least one of your lines that is a sale."),
    _Definition("order_value", "Average order", "money", "revenue_minor", "order_count", "Revenue divided by orders."),
    _Definition(
        "visits", "Visits", "count", "visit_count", None, "Sessions in which one of your products was looked at, per day."
    ),
    _Definition("conversion", "Conversion", "rate", "order_count", "visit_count", "Orders divided by visits."),
    _Definition(
        "returning",
        "Returning customers",
        "rate",
        "returning_customer_count",
        "customer_count",
        "Of the customers who bought in this period, the share who had bought from you before it.",
    ),
    _Definition("units", "Units sold", "count", "units_sold", None, "Pieces in your order lines that are sales."),
)


def figures_of(now: Mapping[str, Any], previous: Mapping[str, Any] | None) -> list[Figure]:
    """The figures of a period beside the one before; changes are relative, for rates in points of one."""
    figures = []
    for definition in _FIGURES:
        value = _value(definition, now)
        earlier = _value(definition, previous) if previous is not None else None
        figures.append(
            Figure(
                name=definition.name,
                label=definition.label,
                unit=definition.unit,
                value=value,
                previous=earlier,
                change=_change(definition.unit, value, earlier),
                definition=definition.words,
            )
        )
    return figures


def _value(definition: _Definition, sums: Mapping[str, Any]) -> float | None:
    above = sums[definition.above]
    if definition.below is None:
        return float(above)
    below = sums[definition.below]
    return above / below if below else None


def _change(unit: Unit, value: float | None, earlier: float | None) -> float | None:
    if value is None or earlier is None:
        return None
    if unit == "rate":
        return value - earlier
    return value / earlier - 1 if earlier else None


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
