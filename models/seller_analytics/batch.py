"""Forecasts made ahead of time, for pages that must not wait."""

from collections.abc import Iterable
from datetime import timedelta

import pandas as pd

from models.seller_analytics.model import SellerAnalyticsModel

COLUMNS = (
    "seller_id",
    "forecast_date",
    "status",
    "revenue_minor",
    "low_80",
    "high_80",
    "low_95",
    "high_95",
    "currency",
    "method",
    "last_period_wape",
    "last_period_bias",
)


def forecast_frame(model: SellerAnalyticsModel, seller_ids: Iterable[str], *, horizon_days: int = 28) -> pd.DataFrame:
    """Rows for `predictions.seller_forecasts`: one per seller and day, or one without figures where data are too few."""
    rows: list[tuple[object, ...]] = []
    for seller_id in seller_ids:
        forecast = model.forecast(seller_id, horizon_days)
        tail = (forecast.currency, forecast.method, forecast.last_period_wape, forecast.last_period_bias)
        if forecast.status == "not_enough_data":
            rows.append((seller_id, model.last_day + timedelta(days=1), forecast.status, *[None] * 5, *tail))
        rows += [
            (seller_id, day.day, forecast.status, day.revenue_minor, day.low_80, day.high_80, day.low_95, day.high_95, *tail)
            for day in forecast.days
        ]
    return pd.DataFrame(rows, columns=list(COLUMNS))
