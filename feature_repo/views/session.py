"""What a visit has looked at so far; the relay pushes newer values than dbt has."""

from datetime import timedelta

from feast import FeatureView, Field
from feast.types import Array, Int32, String

from feature_repo.entities import session
from feature_repo.sources import session_events

# Nobody comes back to a visit after a day; a later one is another visit.
LONGEST_VISIT = timedelta(days=1)

session_activity = FeatureView(
    name="session_activity",
    entities=[session],
    ttl=LONGEST_VISIT,
    source=session_events,
    description="What a visit has looked at so far.",
    schema=[
        Field(name="view_count", dtype=Int32, description="Views of products so far in the visit."),
        Field(name="cart_count", dtype=Int32, description="Additions to the cart so far in the visit."),
        Field(
            name="recent_product_ids",
            dtype=Array(String),
            description="The last 20 distinct products viewed or put into the cart, newest first; ties by id.",
        ),
        Field(name="last_product_id", dtype=String, description="The newest of them."),
    ],
)
