"""Who tried to pay from a device."""

from datetime import timedelta

from feast import FeatureView, Field
from feast.types import Int32

from feature_repo.entities import device
from feature_repo.sources import feature_table

# A row stands until the next one: dbt also writes one when a window lets the last activity go. So no value grows stale.
UNTIL_THE_NEXT_ROW = timedelta(0)

device_activity = FeatureView(
    name="device_activity",
    entities=[device],
    ttl=UNTIL_THE_NEXT_ROW,
    source=feature_table("device_activity"),
    description="Who tried to pay from a device, and what became known of it.",
    schema=[
        Field(name="customer_count_30d", dtype=Int32, description="Distinct customers of attempts in the last 30 days."),
        Field(name="attempt_count_7d", dtype=Int32, description="Attempts to pay in the last 7 days."),
        Field(name="declined_count_7d", dtype=Int32, description="Those declined at once in the last 7 days."),
        Field(name="card_count_30d", dtype=Int32, description="Distinct cards of attempts in the last 30 days."),
        Field(
            name="device_fraud_label_count_total",
            dtype=Int32,
            description="Attempts known as fraud by then, by the latest label known.",
        ),
    ],
)

device_rings = FeatureView(
    name="device_rings",
    entities=[device],
    ttl=UNTIL_THE_NEXT_ROW,
    source=feature_table("device_rings"),
    description="Which customers hang together around a device (models/fraud/rings.py).",
    schema=[
        Field(
            name="device_ring_customer_count_90d",
            dtype=Int32,
            description="Customers of the ring of attempts in the last 90 days; 0 without attempts, and on a device of too many.",
        ),
        Field(
            name="device_ring_fraud_count_90d",
            dtype=Int32,
            description="The ring's attempts of those days known as fraud by then.",
        ),
    ],
)
