"""What shoppers said "not interested" to, and its raw copy."""

from alembic import op

revision = "0012"
down_revision = "0011"

TABLES = """
create table shop.dismissals (
    dismissal_id        text primary key,
    session_id          text not null,
    customer_id         text references shop.users,
    product_id          text not null references shop.products,
    request_id          text,
    shelf               text,
    position            smallint,
    dismissed_at        timestamptz not null,
    undone_at           timestamptz,
    created_at          timestamptz not null default now(),
    updated_at          timestamptz not null default now()
);
create unique index dismissals_customer on shop.dismissals (customer_id, product_id) where customer_id is not null;
create unique index dismissals_guest on shop.dismissals (session_id, product_id) where customer_id is null;
create trigger touch_updated_at before update on shop.dismissals for each row execute function shop.touch_updated_at();
comment on table shop.dismissals is 'a product that one shopper wants to see on no shelf; a guest''s are the session''s';
comment on column shop.dismissals.request_id is 'the recommendation request whose shelf it stood on, joins impressions';

create table raw_shop.dismissals (like shop.dismissals);
alter table raw_shop.dismissals add column source text not null, add column loaded_at timestamptz not null default now(),
    add primary key (dismissal_id);
create index dismissals_raw_updated on raw_shop.dismissals (updated_at);
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    op.execute("drop table raw_shop.dismissals, shop.dismissals")
