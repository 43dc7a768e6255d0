"""What the figures of the forecast page mean, and the days behind them."""

from storefront_api.analytics.definitions import FigureDefinition
from storefront_api.analytics.rows import Column, RowTable

_DAYS = "predictions.seller_forecasts"

DEFINITIONS = (
    FigureDefinition(
        "expected_revenue",
        "Expected",
        "money",
        "Sum of the expected revenue of the next days: what they bring on average. It is right in sum; a single day may differ as"
        " much as the bands say.",
        _DAYS,
        "forecast",
    ),
    FigureDefinition(
        "forecast_off",
        "Off last time",
        "rate",
        "How far the last 14 days were from what was foretold for them: the sum of the daily differences, as a share of revenue."
        " Single days are hard to tell; sums are told better.",
        _DAYS,
    ),
    FigureDefinition(
        "forecast_leaned",
        "Leaned last time",
        "rate",
        "By how much the sum of the last 14 days was foretold too high or too low.",
        _DAYS,
    ),
)
ROW_TABLES = (
    RowTable(
        "forecast",
        "Days ahead",
        "One row per day ahead: what it brings on average, and the bands that hold it in 80 and in 95 of 100 cases.",
        (
            Column("forecast_date", "Day", "date"),
            Column("expected_minor", "Expected", "money", adds_up=True),
            Column("low_80_minor", "80 % from", "money"),
            Column("high_80_minor", "80 % to", "money"),
            Column("low_95_minor", "95 % from", "money"),
            Column("high_95_minor", "95 % to", "money"),
            Column("model_version", "Version", "text"),
            Column("computed_at", "Computed", "instant"),
        ),
        """
        select forecast_date, round(revenue_minor)::bigint as expected_minor,
            round(low_80)::bigint as low_80_minor, round(high_80)::bigint as high_80_minor,
            round(low_95)::bigint as low_95_minor, round(high_95)::bigint as high_95_minor, model_version, computed_at
        from predictions.seller_forecasts
        where seller_id = %(seller_id)s and status = 'ok' and computed_at = (
            select max(computed_at) from predictions.seller_forecasts where seller_id = %(seller_id)s)
        """,
        ("forecast_date",),
        tab="forecast",
        has_period=False,
        nothing="Not enough data for a forecast, or none has been computed yet.",
    ),
)
