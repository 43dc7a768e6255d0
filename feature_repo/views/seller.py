"""What a seller sells, and how well."""

from datetime import timedelta

from feast import FeatureView, Field
from feast.types import Float64, Int32, Int64

from feature_repo.entities import seller
from feature_repo.sources import feature_table

# A row stands until the next one: dbt also writes one when a window lets the last activity go. So no value grows stale.
UNTIL_THE_NEXT_ROW = timedelta(0)

seller_performance = FeatureView(
    name="seller_performance",
    entities=[seller],
    ttl=UNTIL_THE_NEXT_ROW,
    source=feature_table("seller_performance"),
    description="How well a seller serves. Rates are shares of the orders approved in the window.",
    schema=[
        Field(name="order_count_60d", dtype=Int32, description="Orders approved in the last 60 days."),
        Field(
            name="late_rate_60d",
            dtype=Float64,
            description="Share of them whose promised shipping had passed unkept, 0 to 1; null without orders.",
        ),
        Field(name="cancel_rate_60d", dtype=Float64, description="Share of them cancelled by then, 0 to 1; null without orders."),
        Field(name="refund_rate_60d", dtype=Float64, description="Share of them refunded by then, 0 to 1; null without orders."),
        Field(name="rating_mean_90d", dtype=Float64, description="Mean stars of the last 90 days, 1 to 5; null without reviews."),
    ],
)

seller_sales = FeatureView(
    name="seller_sales",
    entities=[seller],
    ttl=UNTIL_THE_NEXT_ROW,
    source=feature_table("seller_sales"),
    description="What a seller sells. An order counts from the approval of its payment.",
    schema=[
        Field(name="revenue_minor_7d", dtype=Int64, description="Totals of items sold in the last 7 days, minor units."),
        Field(name="revenue_minor_28d", dtype=Int64, description="Totals of items sold in the last 28 days, minor units."),
        Field(name="order_count_28d", dtype=Int32, description="Orders in the last 28 days."),
        Field(name="units_sold_28d", dtype=Int32, description="Units in the last 28 days."),
    ],
)
