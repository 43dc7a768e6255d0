"""How a product is met, sold and judged."""

from datetime import timedelta

from feast import FeatureView, Field
from feast.types import Float64, Int32

from feature_repo.entities import product
from feature_repo.sources import feature_table

# A row stands until the next one: dbt also writes one when a window lets the last activity go. So no value grows stale.
UNTIL_THE_NEXT_ROW = timedelta(0)

product_sales = FeatureView(
    name="product_sales",
    entities=[product],
    ttl=UNTIL_THE_NEXT_ROW,
    source=feature_table("product_sales"),
    description="How a product is met and sold. A unit counts from the approval of its payment.",
    schema=[
        Field(name="view_count_7d", dtype=Int32, description="Views in the last 7 days."),
        Field(name="view_count_28d", dtype=Int32, description="Views in the last 28 days."),
        Field(name="cart_count_28d", dtype=Int32, description="Additions to carts in the last 28 days."),
        Field(name="units_sold_7d", dtype=Int32, description="Units sold in the last 7 days."),
        Field(name="units_sold_28d", dtype=Int32, description="Units sold in the last 28 days."),
        Field(name="customer_count_28d", dtype=Int32, description="Distinct buyers in the last 28 days."),
    ],
)

product_reviews = FeatureView(
    name="product_reviews",
    entities=[product],
    ttl=UNTIL_THE_NEXT_ROW,
    source=feature_table("product_reviews"),
    description="What buyers say of a product.",
    schema=[
        Field(name="review_count_total", dtype=Int32, description="Reviews ever."),
        Field(name="rating_mean_total", dtype=Float64, description="Mean stars ever, 1 to 5."),
        Field(name="review_count_90d", dtype=Int32, description="Reviews in the last 90 days."),
    ],
)
