"""Counts by score become rates, bands and tried thresholds. Pure functions."""

from collections.abc import Mapping, Sequence
from typing import Any

from marketplace.proportions import exact_interval
from storefront_api.fraud_analytics.schemas import Band, Figure, Share, Tried
from storefront_api.fraud_reviews.risk import BANDS, RiskLevel

Row = Mapping[str, Any]
Definition = tuple[str, str, str, str]

DEFINITIONS: Sequence[Definition] = (
    ("attempts", "Attempts decided", "count", "Payment attempts whose first decision by checkout fell into the period."),
    ("alerts", "Alerts", "count", "Of these, the ones that got a case in the queue."),
    ("review_rate", "Review rate", "rate", "Alerts divided by attempts decided."),
    ("precision", "Precision", "rate", "Reviewed alerts whose last word is fraud, divided by all reviewed alerts. "
     "Reviewed: an analyst said fraud or legitimate. Last word: the newest label or chargeback."),
    ("recall", "Recall", "rate", "Frauds that were alerts, divided by all attempts of the period known as fraud by now."),
    ("false_positive_rate", "False-positive rate", "rate", "Alerts known as legitimate, divided by all attempts known as "
     "legitimate: labelled so, or paid and without a word for 21 days."),
    ("estimated_precision", "Estimated precision", "rate", "Mean calibrated probability of the attempts at or above the review "
     "threshold: what precision should be before any label is known, if the score is still calibrated."),
    ("estimated_recall", "Estimated recall", "rate", "Share of the estimated frauds, the sum of all calibrated probabilities, "
     "that lies at or above the review threshold."),
    ("closed", "Cases decided", "count", "Cases that an analyst closed in the period, whenever they were opened."),
    ("median_seconds", "Time to decision", "seconds", "Median time from opening to closing of the cases decided in the period."),
    ("slow_seconds", "Slowest tenth", "seconds", "Nine of ten cases decided in the period took no longer than this."),
    ("in_time_rate", "Decided within 24 h", "rate", "Share of the cases decided in the period that took 24 hours or less."),
    ("saved_minor", "Money saved", "money", "Amount of the reviewed attempts of the period whose last word is fraud and whose "
     "order was declined, so that it was never charged, or cancelled before it was shipped, so that the money went back."),
)  # fmt: skip


def share(part: int, whole: int) -> Share:
    """The share with its exact 95 % interval."""
    if whole == 0:
        return Share(part=part, whole=0, value=None, low=None, high=None)
    low, high = exact_interval(part, whole)
    return Share(part=part, whole=whole, value=part / whole, low=low, high=high)


def total(rows: Sequence[Row], name: str, *, from_score: int | None = None) -> Any:
    """The sum of a count over all scores, or over those from `from_score` on."""
    return sum(row[name] for row in rows if from_score is None or (row["score"] is not None and row["score"] >= from_score))


def figures(rows: Sequence[Row], handling: Row, *, review_score: int) -> list[Figure]:
    """The figures in the order of `DEFINITIONS`.

    Args:
        rows: counts by score. handling: how fast cases were closed.
    """
    attempts, alerts = total(rows, "attempts"), total(rows, "alerts")
    above = total(rows, "attempts", from_score=review_score)
    values: dict[str, float | None] = {
        "attempts": attempts,
        "alerts": alerts,
        "review_rate": _ratio(alerts, attempts),
        "precision": _ratio(total(rows, "reviewed_frauds"), total(rows, "reviewed")),
        "recall": _ratio(total(rows, "alerted_frauds"), total(rows, "frauds")),
        "false_positive_rate": _ratio(total(rows, "alerted_legitimates"), total(rows, "legitimates")),
        "estimated_precision": _ratio(total(rows, "estimated_frauds", from_score=review_score), above),
        "estimated_recall": _ratio(total(rows, "estimated_frauds", from_score=review_score), total(rows, "estimated_frauds")),
        "closed": handling["closed"],
        "median_seconds": handling["median_seconds"],
        "slow_seconds": handling["slow_seconds"],
        "in_time_rate": _ratio(handling["closed_in_time"], handling["closed"]),
        "saved_minor": total(rows, "saved_minor"),
    }
    return [
        Figure(name=name, label=label, value=values[name], unit=unit, definition=text)  # type: ignore[arg-type]
        for name, label, unit, text in DEFINITIONS
    ]


def bands(rows: Sequence[Row]) -> list[Band]:
    """Each band of the score, the riskiest first, and last what only rules decided."""
    frauds = total([row for row in rows if row["score"] is not None], "frauds")
    found = [
        _band([row for row in rows if row["score"] is not None and lowest <= row["score"] <= highest], level, (lowest, highest))
        .model_copy(update={"recall": share(total(rows, "frauds", from_score=lowest), frauds)})
        for level, (lowest, highest) in BANDS.items()
    ]  # fmt: skip
    unscored = [row for row in rows if row["score"] is None]
    return [*found, _band(unscored, RiskLevel.UNSCORED, (None, None))] if unscored else found


def _band(rows: Sequence[Row], level: RiskLevel, bounds: tuple[int | None, int | None]) -> Band:
    return Band(
        risk=level,
        lowest=bounds[0],
        highest=bounds[1],
        attempts=total(rows, "attempts"),
        alerts=total(rows, "alerts"),
        reviewed=total(rows, "reviewed"),
        precision=share(total(rows, "reviewed_frauds"), total(rows, "reviewed")),
        frauds=total(rows, "frauds"),
        recall=None,
        estimated_frauds=None if level is RiskLevel.UNSCORED else total(rows, "estimated_frauds"),
    )


def tried(rows: Sequence[Row], threshold: int, *, days: int, cost_per_review_minor: int) -> Tried:
    """What reviewing every attempt from `threshold` on would have meant over the same past.

    Args:
        rows: counts by score, those of attempts without a score left out.
    """
    alerts, frauds = total(rows, "attempts", from_score=threshold), total(rows, "frauds", from_score=threshold)
    known = frauds + total(rows, "legitimates", from_score=threshold)
    caught, cost = total(rows, "fraud_minor", from_score=threshold), alerts * cost_per_review_minor
    return Tried(
        threshold=threshold,
        alerts=alerts,
        alerts_per_day=alerts / days,
        alert_rate=_ratio(alerts, total(rows, "attempts")),
        precision=share(frauds, known),
        recall=share(frauds, total(rows, "frauds")),
        false_positive_rate=_ratio(known - frauds, total(rows, "legitimates")),
        caught_minor=caught,
        missed_minor=total(rows, "fraud_minor") - caught,
        review_cost_minor=cost,
        net_minor=caught - cost,
    )


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None
