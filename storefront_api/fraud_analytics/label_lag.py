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
# Below so many frauds the curve is an anecdote.
_FEWEST_FRAUDS = 20


def label_lag(rows: Sequence[Mapping[str, Any]]) -> LabelLag:
    """The curve, day 0 first; empty where too few frauds are known.

    Args:
        rows: `lag_days` (begun days from attempt to news), `age_days` (whole days from attempt to now) and `frauds` of each pair.
    """
    lag, age, count = (np.array([row[name] for row in rows], dtype=np.int64) for name in ("lag_days", "age_days", "frauds"))
    is_seen = lag <= np.minimum(age, LONGEST_DAYS)
    lag, age, count = lag[is_seen], age[is_seen], count[is_seen]
    total = int(count.sum())
    shares = _known_shares(lag, age, count) if total >= _FEWEST_FRAUDS else []
    return LabelLag(frauds=total, fewest=_FEWEST_FRAUDS, shares=shares, silence_days=LABELS_MATURE_AFTER.days)


def known_share(lag: LabelLag, first: date, last: date, *, today: date) -> float | None:
    """The share of the frauds of these days that should be known by now, if every day has as many; None without a curve."""
    if not lag.shares:
        return None
    ages = (today - timedelta(days=number) - first for number in range((last - first).days + 1))
    shares = [lag.shares[min(max(age.days - 1, 0), len(lag.shares) - 1)] for age in ages]
    return sum(shares) / len(shares)


def _known_shares(lag: Any, age: Any, count: Any) -> list[float]:
    shares = np.ones(int(min(age.max(), LONGEST_DAYS)) + 1)
    for day in range(len(shares) - 1, 0, -1):
        is_old = age >= day
        known, just_now = count[is_old & (lag <= day)].sum(), count[is_old & (lag == day)].sum()
        shares[day - 1] = shares[day] * (1 - just_now / known if known else 1.0)
    return [float(share) for share in shares]
