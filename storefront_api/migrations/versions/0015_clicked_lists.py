"""Clicks and the lists that they were made on find each other without reading all events."""

from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.execute("create index events_raw_request on raw_shop.events (request_id) where request_id is not null")
    op.execute("create index impressions_raw_request on raw_shop.impressions (request_id)")


def downgrade() -> None:
    op.execute("drop index raw_shop.events_raw_request, raw_shop.impressions_raw_request")
