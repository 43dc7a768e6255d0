"""An attempt names its order's main seller: checkout counts what was tried at a seller's goods shortly before."""

from alembic import op

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    for table in ("shop.payment_attempts", "raw_shop.payment_attempts"):
        op.execute(f"alter table {table} add column seller_id text")
        op.execute(
            f"comment on column {table}.seller_id is 'the seller of most of the order''s money, of equal ones the first by id'"
        )
    op.execute(
        """
        update shop.payment_attempts as a set seller_id = main.seller_id from (
            select distinct on (order_id) order_id, seller_id from shop.order_items group by order_id, seller_id
            order by order_id, sum(total_minor) desc, seller_id collate "C"
        ) as main where main.order_id = a.order_id
        """
    )
    op.execute(
        "create index payment_attempts_seller on shop.payment_attempts (seller_id, attempted_at)"
        " include (customer_id, card_token, amount_minor) where seller_id is not null"
    )


def downgrade() -> None:
    op.execute("drop index shop.payment_attempts_seller")
    for table in ("shop.payment_attempts", "raw_shop.payment_attempts"):
        op.execute(f"alter table {table} drop column seller_id")
