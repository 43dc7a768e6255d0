"""What was tried at a seller's goods, by hours that are added up in the background."""

from alembic import op

revision = "0032"
down_revision = "0031"

TABLES = """
create index payment_attempts_at on shop.payment_attempts (attempted_at);

create table shop.seller_hours (
    seller_id           text not null,
    hour                timestamptz not null,
    attempt_count       integer not null check (attempt_count > 0),
    amount_minor        bigint not null check (amount_minor >= 0),
    last_customer_count integer not null check (last_customer_count >= 0),
    last_card_count     integer not null check (last_card_count >= 0),
    primary key (seller_id, hour)
) with (fillfactor = 80);
comment on table shop.seller_hours is 'payment attempts at a seller''s goods in an hour (UTC), added up; kept for 31 days';
comment on column shop.seller_hours.last_customer_count is 'accounts whose latest attempt at the seller was in this hour';
comment on column shop.seller_hours.last_card_count is 'cards whose latest attempt at the seller was in this hour';

create table shop.seller_last_hours (
    seller_id           text not null,
    kind                text not null check (kind in ('customer', 'card')),
    value               text not null,
    last_hour           timestamptz not null,
    primary key (seller_id, kind, value)
) with (fillfactor = 80);
comment on table shop.seller_last_hours is 'in which hour an account or card was last met at a seller; kept for 31 days';

create table shop.seller_hours_added_up (
    is_only             boolean primary key default true check (is_only),
    added_up_from       timestamptz,
    added_up_until      timestamptz,
    check ((added_up_from is null) = (added_up_until is null))
);
insert into shop.seller_hours_added_up default values;
comment on table shop.seller_hours_added_up is
    'one row: which attempts seller_hours and seller_last_hours are made of, from the first hour, before the second; null: none';
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    op.execute("drop table shop.seller_hours_added_up, shop.seller_last_hours, shop.seller_hours")
    op.execute("drop index shop.payment_attempts_at")
