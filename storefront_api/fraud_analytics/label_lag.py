"""How late the news of a fraud comes: of frauds that come to be known, the share that is known after so many days.

Of recent attempts only quick news can have come yet, so a plain share would look too quick. The estimator looks back from the
slowest news: of frauds known within u days, among attempts that are at least u days old, which share took exactly u. It is
Kaplan's and Meier's in reversed time. Source: S. Lagakos, L. Barraj and V. De Gruttola, Nonparametric analysis of truncated
survival data, with application to AIDS (1988).
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np

from storefront_api.fraud_analytics.judged import LABELS_MATURE_AFTER
from storefront_api.fraud_analytics.schemas import LabelLag

# Later news than this is not waited for: the share is of frauds known within so many days.
LONGEST_DAYS = 90
# A curve that begins with fewer frauds is an anecdote.
_FEWEST_FRAUDS = 20


def label_lag(rows: Sequence[Mapping[str, Any]]) -> LabelLag:
    """The curve, day 0 first; empty where too few frauds are known of any age.

    Args:
        rows: `lag_days` (begun days from attempt to news), `age_days` (whole days from attempt to now) and `frauds` of each pair.
    """
    lag, age, count = (np.array([row[name] for row in rows], dtype=np.int64) for name in ("lag_days", "age_days", "frauds"))
    is_seen = lag <= np.minimum(age, LONGEST_DAYS)
    lag, age, count = lag[is_seen], age[is_seen], count[is_seen]
    return LabelLag(
        frauds=int(count.sum()),
        fewest=_FEWEST_FRAUDS,
        shares=_known_shares(lag, age, count),
        silence_days=LABELS_MATURE_AFTER.days,
    )


def known_share(lag: LabelLag, first: date, last: date, *, today: date) -> float | None:
    """The share of the frauds of these days that should be known by now, if every day has as many; None without a curve."""
    if not lag.shares:
        return None
    ages = (today - timedelta(days=number) - first for number in range((last - first).days + 1))
    shares = [lag.shares[min(max(age.days - 1, 0), len(lag.shares) - 1)] for age in ages]
    return sum(shares) / len(shares)


def _known_shares(lag: Any, age: Any, count: Any) -> list[float]:
    days = range(LONGEST_DAYS + 1)
    known, just_now = ([count[(age >= day) & is_lag(lag, day)].sum() for day in days] for is_lag in (np.less_equal, np.equal))
    # From a day that only a few frauds have reached, the word of one slow one would be the share of all.
    last = max((day for day in days if known[day] >= _FEWEST_FRAUDS), default=0)
    shares = np.ones(last + 1 if last else 0)
    for day in range(last, 0, -1):
        shares[day - 1] = shares[day] * (1 - just_now[day] / known[day] if known[day] else 1.0)
    return [float(share) for share in shares]
