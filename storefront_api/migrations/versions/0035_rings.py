"""Feature tables of rings, which the pipeline counts in Python: a component of a graph is no SQL."""

from alembic import op

revision = "0035"
down_revision = "0034"

_TABLES = {
    "customer_rings": ("customer_id", "ring_customer_count_90d", "ring_fraud_count_90d"),
    "device_rings": ("device_id", "device_ring_customer_count_90d", "device_ring_fraud_count_90d"),
}


def upgrade() -> None:
    for table, (key, customers, frauds) in _TABLES.items():
        op.execute(
            f"""
            create table features.{table} (
                {key} text not null,
                {customers} integer not null check ({customers} >= 0),
                {frauds} integer not null check ({frauds} >= 0),
                event_timestamp timestamptz not null,
                created_at timestamptz not null default now(),
                primary key ({key}, event_timestamp)
            );
            comment on column features.{table}.{customers} is
                'customers who hang together by devices, cards and addresses of the last 90 days, the own among them';
            comment on column features.{table}.{frauds} is 'their attempts of the last 90 days known as fraud by then';
            comment on column features.{table}.event_timestamp is 'when the values were known: nothing after it is counted';
            """
        )


def downgrade() -> None:
    op.execute("drop table features.device_rings, features.customer_rings")
    op.execute("delete from changes.readers where reader = 'customer_rings'")
