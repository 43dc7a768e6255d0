"""What a customer bought, looked at and risked."""

from datetime import timedelta

from feast import FeatureView, Field
from feast.types import Float64, Int32, Int64, String

from feature_repo.entities import customer
from feature_repo.sources import feature_table

# A row stands until the next one: dbt also writes one when a window lets the last activity go. So no value grows stale.
UNTIL_THE_NEXT_ROW = timedelta(0)

customer_orders = FeatureView(
    name="customer_orders",
    entities=[customer],
    ttl=UNTIL_THE_NEXT_ROW,
    source=feature_table("customer_orders"),
    description="What a customer has bought. An order counts from the approval of its payment, whatever becomes of it later.",
    schema=[
        Field(name="order_count_30d", dtype=Int32, description="Orders approved in the last 30 days."),
        Field(name="order_count_total", dtype=Int32, description="Orders approved ever."),
        Field(name="spend_minor_30d", dtype=Int64, description="Totals of those of 30 days, minor units."),
        Field(name="spend_minor_total", dtype=Int64, description="Totals of all, minor units."),
        Field(
            name="order_value_mean_minor",
            dtype=Float64,
            description="Mean total of an order, minor units; null before the first.",
        ),
        Field(
            name="order_value_max_minor",
            dtype=Int64,
            description="Highest total of an order, minor units; null before the first.",
        ),
        Field(name="refund_count_90d", dtype=Int32, description="Refunds received in the last 90 days."),
    ],
)

customer_engagement = FeatureView(
    name="customer_engagement",
    entities=[customer],
    ttl=UNTIL_THE_NEXT_ROW,
    source=feature_table("customer_engagement"),
    description="What a customer looked at, while signed in.",
    schema=[
        Field(name="view_count_7d", dtype=Int32, description="Views of products in the last 7 days."),
        Field(name="view_count_28d", dtype=Int32, description="Views of products in the last 28 days."),
        Field(name="cart_count_28d", dtype=Int32, description="Additions to the cart in the last 28 days."),
        Field(name="session_count_28d", dtype=Int32, description="Visits begun in the last 28 days."),
        Field(
            name="top_category_id",
            dtype=String,
            description="Category most viewed in the last 28 days, ties by id; null without views.",
        ),
        Field(name="top_category_share_28d", dtype=Float64, description="Its share of those views, 0 to 1; null without views."),
    ],
)

customer_risk = FeatureView(
    name="customer_risk",
    entities=[customer],
    ttl=UNTIL_THE_NEXT_ROW,
    source=feature_table("customer_risk"),
    description="How a customer tried to pay, and what became known of it.",
    schema=[
        Field(name="attempt_count_30d", dtype=Int32, description="Attempts to pay in the last 30 days."),
        Field(name="declined_count_30d", dtype=Int32, description="Those declined at once in the last 30 days."),
        Field(name="device_count_90d", dtype=Int32, description="Distinct devices of attempts in the last 90 days."),
        Field(name="card_count_90d", dtype=Int32, description="Distinct cards of attempts in the last 90 days."),
        Field(
            name="fraud_label_count_total", dtype=Int32, description="Attempts known as fraud by then, by the latest label known."
        ),
    ],
)

customer_rings = FeatureView(
    name="customer_rings",
    entities=[customer],
    ttl=UNTIL_THE_NEXT_ROW,
    source=feature_table("customer_rings"),
    description="Who a customer hangs together with by devices, cards and addresses (models/fraud/rings.py).",
    schema=[
        Field(
            name="ring_customer_count_90d",
            dtype=Int32,
            description="Customers of the ring of attempts in the last 90 days, this one among them; 0 without attempts.",
        ),
        Field(name="ring_fraud_count_90d", dtype=Int32, description="The ring's attempts of those days known as fraud by then."),
    ],
)
