"""What changed in raw tables and warehouse tables, until everything that is built on them has read it."""

from alembic import op

revision = "0009"
down_revision = "0008"

# Copies look rows up by what other tables refer to.
INDEXES = {
    "order_items": "order_id",
    "refunds": "order_id",
    "chargebacks": "order_id",
    "payment_attempts": "order_id",
    "fraud_decisions": "payment_attempt_id",
}


def upgrade() -> None:
    op.execute(
        """
        create schema changes;
        comment on schema changes is 'per table: rows before and after a change, for what is built on it and has not read it';
        create table changes.readers (
            table_name      text not null,
            reader          text not null,
            definition      text not null,
            read_until      timestamptz not null,
            primary key (table_name, reader)
        );
        comment on table changes.readers is 'up to which change of a table a warehouse table has read it';
        comment on column changes.readers.definition is 'hash of the code that built the reader: other code builds it whole';
        """
    )
    for table, column in INDEXES.items():
        op.execute(f"create index {table}_raw_{column} on raw_shop.{table} ({column})")


def downgrade() -> None:
    for table, column in INDEXES.items():
        op.execute(f"drop index raw_shop.{table}_raw_{column}")
    op.execute("drop schema changes cascade")
