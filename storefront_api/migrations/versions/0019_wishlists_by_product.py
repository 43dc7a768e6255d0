"""Sellers see how many wishlists hold a product."""

from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.execute("create index wishlist_items_product on shop.wishlist_items (product_id) where removed_at is null")


def downgrade() -> None:
    op.execute("drop index shop.wishlist_items_product")
