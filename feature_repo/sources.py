"""Where features lie: the tables that dbt writes into the schema `features`, one source per table, of the same name.

No `created_timestamp_column`: a unique index holds one row per entity and instant, so there is nothing to choose between,
and Feast would not use it as a cut-off anyway.
"""

from feast import PushSource
from feast.infra.offline_stores.contrib.postgres_offline_store.postgres_source import PostgreSQLSource


def feature_table(name: str) -> PostgreSQLSource:
    """The source over `features.<name>`."""
    return PostgreSQLSource(
        name=name,
        table=f"features.{name}",
        timestamp_field="event_timestamp",
        description=f"features.{name}, written by the dbt model {name}.",
    )


session_events = PushSource(
    name="session_events",
    batch_source=feature_table("session_activity"),
    description="Visits as they happen: the relay pushes the columns of session_activity, counted from shop.events.",
)
