"""Which logs of changes there are, when each was last written, and up to when the shop has been copied."""

from alembic import op

revision = "0016"
down_revision = "0015"

# What a copy looks for is found by block ranges: an index that costs the shop next to nothing. Events have a full one.
COPIED = (
    "users",
    "addresses",
    "devices",
    "customisations",
    "products",
    "stock",
    "sessions",
    "orders",
    "order_items",
    "order_customisations",
    "payment_attempts",
    "transactions",
    "refunds",
    "stock_moves",
    "reviews",
    "messages",
    "wishlist_items",
    "impressions",
    "fraud_decisions",
    "fraud_labels",
)
# The ends of history are looked up, not searched for; and so are rows by what they refer to.
LOOKED_UP = {
    "orders": ("ordered_at", "customer_id", "session_id"),
    "payment_attempts": ("attempted_at", "customer_id", "shipping_address_id", "billing_address_id"),
    "addresses": ("user_id",),
    "fraud_labels": ("labelled_at",),
    "chargebacks": ("received_at",),
    "reviews": ("reviewed_at",),
    "refunds": ("refunded_at",),
}


def upgrade() -> None:
    op.execute(
        """
        create table changes.logs (
            table_name      text primary key,
            changed_at      timestamptz,
            copied_until    timestamptz
        );
        comment on table changes.logs is 'one row per log in this schema';
        comment on column changes.logs.changed_at is 'when the last change was logged; null where the log was never written';
        comment on column changes.logs.copied_until is
            'raw tables: rows of the shop from before this instant are all copied';
        delete from changes.readers;  -- whoever has read a log without a row here reads everything
        """
    )
    for table in COPIED:
        op.execute(f"create index {table}_updated on shop.{table} using brin (updated_at) with (autosummarize = on)")
    for table, columns in LOOKED_UP.items():
        for column in columns:
            op.execute(f"create index {table}_raw_{column} on raw_shop.{table} ({column})")


def downgrade() -> None:
    for table, columns in LOOKED_UP.items():
        for column in columns:
            op.execute(f"drop index raw_shop.{table}_raw_{column}")
    for table in COPIED:
        op.execute(f"drop index shop.{table}_updated")
    op.execute("drop table changes.logs")
