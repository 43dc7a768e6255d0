"""Days of sale for the tests: a row by hand, and a small market whose rates of buying and leaving are known."""

from typing import Any

import numpy as np
import pandas as pd

from models.outlook import TrainingSet

FIRST_DAY = pd.Timestamp("2025-01-01")


def make_days(entity: str, rows: list[tuple[str, int, float]], **overrides: Any) -> pd.DataFrame:
    """Rows of who, on which day (counted from the first) and for how much."""
    frame = pd.DataFrame(rows, columns=[entity, "day", "amount_minor"])
    dates = [(FIRST_DAY + pd.Timedelta(days=day)).date() for day in frame.pop("day")]
    return frame.assign(sale_date=dates, **({"currency": "BDT"} | overrides))


def make_training_set(
    customers: list[tuple[str, int, float]], *, days: int, sellers: list[tuple[str, int, float]] | None = None
) -> TrainingSet:
    """A training set whose cutoff is `days` after the first one."""
    until = FIRST_DAY.tz_localize("UTC") + pd.Timedelta(days=days)
    sold = sellers if sellers is not None else [("shop", day, 1.0) for day in range(days)]
    return TrainingSet(make_days("customer_id", customers), make_days("seller_id", sold), until)


def make_shoppers(*, customers: int = 400, days: int = 150, seed: int = 3) -> TrainingSet:
    """Everybody buys at a rate of their own, and may have gone for good after each sale; who buys often also pays more."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(customers):
        rate, goes = rng.gamma(1.5, 0.03), rng.beta(1, 8)
        day = rng.integers(0, days * 0.7)
        while day < days:
            rows.append((f"c{number:04d}", int(day), float(round(rng.lognormal(6 + 10 * rate, 0.4)))))
            if rng.random() < goes:
                break
            day += 1 + int(rng.exponential(1 / rate))
    return make_training_set(rows, days=days)
