"""Seller days for the tests: one valid row, and a small market with weekdays, growth and noise."""

from typing import Any

import numpy as np
import pandas as pd

from models.seller_analytics import TrainingSet

# A Wednesday; weekday patterns below start on Monday.
FIRST_DAY = pd.Timestamp("2025-01-01")


def make_day(seller: str, day: int, revenue_minor: float, **overrides: Any) -> dict[str, Any]:
    """One row of `marts.fct_seller_days`, as far as the forecast reads it; `day` counts from the first one."""
    date = (FIRST_DAY + pd.Timedelta(days=day)).date()
    return {"seller_id": seller, "sale_date": date, "revenue_minor": revenue_minor, "currency": "BDT"} | overrides


def make_training_set(rows: list[dict[str, Any]]) -> TrainingSet:
    """A training set whose cutoff is the midnight after the last row."""
    frame = pd.DataFrame(rows)
    return TrainingSet(frame, pd.Timestamp(frame["sale_date"].max(), tz="UTC") + pd.Timedelta(days=1))


def make_market(*, sellers: int = 30, days: int = 120, seed: int = 5) -> TrainingSet:
    """Sellers of different size, busier towards the weekend."""
    rng = np.random.default_rng(seed)
    weekdays = np.array([0.7, 0.8, 0.9, 1.0, 1.2, 1.4, 1.0])
    rows = []
    for seller in range(sellers):
        rate = rng.lognormal(0.2, 0.7)
        for day in range(days):
            orders = rng.poisson(rate * weekdays[(FIRST_DAY + pd.Timedelta(days=day)).weekday()])
            rows.append(make_day(f"s{seller:02d}", day, float(rng.lognormal(7, 0.5, orders).sum().round())))
    return make_training_set(rows)
