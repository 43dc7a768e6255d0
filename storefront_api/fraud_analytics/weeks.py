"""What the score promised of each week, beside what has been found since: the labels come weeks later, the promise at once.

The promise is the confusion matrix that calibrated probabilities expect (confidence-based performance estimation, as NannyML
calls it): an attempt of probability p at or above the threshold is p of a fraud found. Where promise and finding part in a
mature week, the score is no longer calibrated.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from storefront_api.fraud_analytics.figures import share
from storefront_api.fraud_analytics.judged import LABELS_MATURE_AFTER
from storefront_api.fraud_analytics.schemas import Week


def weeks(days: Sequence[Mapping[str, Any]], *, first: date, last: date, today: date) -> list[Week]:
    """The weeks, Monday to Sunday, that have a scored attempt; the newest first.

    Args:
        days: counts by day, ascending.
        first, last: the period, which cuts its first and last week short.
        today: in the shop's time zone.
    """
    found = []
    for monday, rows in groupby(days, key=lambda row: row["day"] - timedelta(days=row["day"].weekday())):
        total = _sums(list(rows))
        if total["scored"]:
            sunday = monday + timedelta(days=6)
            found.append(_week(total, max(monday, first), min(sunday, last), today=today))
    return found[::-1]


def _week(total: Mapping[str, Any], first: date, last: date, *, today: date) -> Week:
    return Week(
        from_date=first,
        to_date=last,
        attempts=total["scored"],
        expected_frauds=total["expected_frauds"],
        frauds=total["scored_frauds"],
        expected_precision=total["high_expected"] / total["high"] if total["high"] else None,
        precision=share(total["high_frauds"], total["high_known"]),
        expected_recall=total["high_expected"] / total["expected_frauds"] if total["expected_frauds"] else None,
        recall=share(total["high_frauds"], total["scored_frauds"]),
        is_mature=last + LABELS_MATURE_AFTER < today,
    )


def _sums(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    names = ("scored", "scored_frauds", "expected_frauds", "high", "high_expected", "high_known", "high_frauds")
    return {name: sum(row[name] for row in rows) for name in names}
