"""Carts, orders, payments and everything that moves money or stock."""

from alembic import op

revision = "0002"
down_revision = "0001"

TABLES = """
create table shop.devices (
    device_id           text primary key,
    family              text,
    operating_system    text,
    first_seen_at       timestamptz not null,
    created_at          timestamptz not null default now(),
    updated_at          timestamptz not null default now()
);
comment on column shop.devices.device_id is 'keyed hash of the first-party cookie and client hints; never the raw fingerprint';

create table shop.sessions (
    session_id          text primary key,
    customer_id         text references shop.users,
    device_id           text references shop.devices,
    ip_address          inet,
    ip_country_code     char(2),
    ip_latitude         double precision,
    ip_longitude        double precision,
    started_at          timestamptz not null,
    last_seen_at        timestamptz not null,
    created_at          timestamptz not null default now(),
    updated_at          timestamptz not null default now()
);
create index sessions_customer on shop.sessions (customer_id, started_at);

create table shop.carts (
    cart_id             text primary key,
    customer_id         text references shop.users,
    session_id          text,
    status              text not null default 'open' check (status in ('open', 'ordered', 'abandoned')),
    created_at          timestamptz not null default now(),
    updated_at          timestamptz not null default now()
);
create unique index carts_one_open_per_customer on shop.carts (customer_id) where status = 'open' and customer_id is not null;
create unique index carts_one_open_per_session on shop.carts (session_id)
    where status = 'open' and customer_id is null;

create table shop.cart_items (
    cart_item_id        text primary key,
    cart_id             text not null references shop.carts on delete cascade,
    product_id          text not null references shop.products,
    quantity            integer not null check (quantity > 0),
    choices             jsonb not null default '{}',
    created_at          timestamptz not null default now(),
    updated_at          timestamptz not null default now()
);
create index cart_items_cart on shop.cart_items (cart_id);
comment on column shop.cart_items.choices is '{customisation_id: value}';

create table shop.orders (
    order_id            text primary key,
    customer_id         text not null references shop.users,
    status              text not null check (status in ('created', 'held_for_review', 'approved', 'processing', 'shipped',
                            'delivered', 'cancelled', 'declined', 'unavailable', 'refunded')),
    currency            char(3) not null,
    subtotal_minor      bigint not null check (subtotal_minor >= 0),
    discount_minor      bigint not null default 0 check (discount_minor >= 0),
    shipping_minor      bigint not null default 0 check (shipping_minor >= 0),
    tax_minor           bigint not null default 0 check (tax_minor >= 0),
    total_minor         bigint not null check (total_minor >= 0),
    shipping_address_id text references shop.addresses,
    billing_address_id  text references shop.addresses,
    session_id          text references shop.sessions,
    state_lock_version  integer not null default 0,
    ordered_at          timestamptz not null,
    approved_at         timestamptz,
    shipped_at          timestamptz,
    delivered_at        timestamptz,
    estimated_delivery_at timestamptz,
    cancelled_at        timestamptz,
    created_at          timestamptz not null default now(),
    updated_at          timestamptz not null default now(),
    constraint orders_total check (total_minor = subtotal_minor - discount_minor + shipping_minor + tax_minor)
);
create index orders_customer on shop.orders (customer_id, ordered_at desc);
create index orders_ordered on shop.orders (ordered_at desc);

create table shop.order_items (
    order_item_id       text primary key,
    order_id            text not null references shop.orders,
    line_number         smallint not null,
    product_id          text not null references shop.products,
    seller_id           text not null references shop.sellers,
    quantity            integer not null check (quantity > 0),
    unit_price_minor    bigint not null check (unit_price_minor >= 0),
    customisation_minor bigint not null default 0 check (customisation_minor >= 0),
    discount_minor      bigint not null default 0 check (discount_minor >= 0),
    shipping_minor      bigint not null default 0 check (shipping_minor >= 0),
    tax_minor           bigint not null default 0 check (tax_minor >= 0),
    commission_minor    bigint not null default 0 check (commission_minor >= 0),
    total_minor         bigint not null check (total_minor >= 0),
    currency            char(3) not null,
    ship_by_at          timestamptz,
    shipped_at          timestamptz,
    delivered_at        timestamptz,
    created_at          timestamptz not null default now(),
    updated_at          timestamptz not null default now(),
    unique (order_id, line_number),
    constraint order_items_total check (
        total_minor = (unit_price_minor + customisation_minor) * quantity - discount_minor + shipping_minor + tax_minor
    )
);
create index order_items_seller on shop.order_items (seller_id, order_id);
create index order_items_product on shop.order_items (product_id);
comment on column shop.order_items.customisation_minor is 'per unit, on top of unit_price_minor';

create table shop.order_customisations (
    order_customisation_id text primary key,
    order_item_id       text not null references shop.order_items,
    customisation_id    text references shop.customisations,
    name                text not null,
    value               text not null,
    price_minor         bigint not null check (price_minor >= 0),
    created_at          timestamptz not null default now(),
    updated_at          timestamptz not null default now()
);
create index order_customisations_item on shop.order_customisations (order_item_id);

create table shop.payment_attempts (
    payment_attempt_id  text primary key,
    order_id            text references shop.orders,
    customer_id         text not null references shop.users,
    session_id          text references shop.sessions,
    device_id           text references shop.devices,
    card_token          text,
    method              text not null,
    amount_minor        bigint not null check (amount_minor >= 0),
    currency            char(3) not null,
    item_count          integer not null default 1,
    ip_address          inet,
    ip_country_code     char(2),
    ip_latitude         double precision,
    ip_longitude        double precision,
    shipping_address_id text references shop.addresses,
    billing_address_id  text references shop.addresses,
    shipping_address_hash text,
    outcome             text not null check (outcome in ('pending', 'authorised', 'declined', 'held')),
    attempted_at        timestamptz not null,
    created_at          timestamptz not null default now(),
    updated_at          timestamptz not null default now()
);
create index payment_attempts_customer on shop.payment_attempts (customer_id, attempted_at);
create index payment_attempts_device on shop.payment_attempts (device_id, attempted_at) where device_id is not null;
create index payment_attempts_card on shop.payment_attempts (card_token, attempted_at) where card_token is not null;
create index payment_attempts_address on shop.payment_attempts (shipping_address_hash, attempted_at)
    where shipping_address_hash is not null;
create index payment_attempts_order on shop.payment_attempts (order_id);
comment on column shop.payment_attempts.card_token is 'the gateway''s token, never a card number; one card, one token';

create table shop.transactions (
    transaction_id      text primary key,
    order_id            text not null references shop.orders,
    payment_attempt_id  text references shop.payment_attempts,
    kind                text not null check (kind in ('charge', 'refund', 'chargeback')),
    method              text not null,
    installments        smallint not null default 1,
    amount_minor        bigint not null check (amount_minor >= 0),
    currency            char(3) not null,
    occurred_at         timestamptz not null,
    created_at          timestamptz not null default now(),
    updated_at          timestamptz not null default now()
);
create index transactions_order on shop.transactions (order_id);

create table shop.refunds (
    refund_id           text primary key,
    order_id            text not null references shop.orders,
    order_item_id       text references shop.order_items,
    amount_minor        bigint not null check (amount_minor > 0),
    currency            char(3) not null,
    reason              text not null,
    requested_by        text references shop.users,
    refunded_at         timestamptz not null,
    created_at          timestamptz not null default now(),
    updated_at          timestamptz not null default now()
);
create index refunds_order on shop.refunds (order_id);

create table shop.chargebacks (
    chargeback_id       text primary key,
    order_id            text not null references shop.orders,
    payment_attempt_id  text references shop.payment_attempts,
    amount_minor        bigint not null check (amount_minor > 0),
    currency            char(3) not null,
    reason              text not null,
    received_at         timestamptz not null,
    created_at          timestamptz not null default now(),
    updated_at          timestamptz not null default now()
);
create index chargebacks_order on shop.chargebacks (order_id);
comment on column shop.chargebacks.received_at is 'when the shop was told: the label is not known before';

create table shop.payouts (
    payout_id           text primary key,
    seller_id           text not null references shop.sellers,
    period_start_date   date not null,
    period_end_date     date not null,
    gross_minor         bigint not null,
    commission_minor    bigint not null,
    refund_minor        bigint not null,
    net_minor           bigint not null,
    currency            char(3) not null,
    status              text not null check (status in ('pending', 'paid')),
    paid_at             timestamptz,
    created_at          timestamptz not null default now(),
    updated_at          timestamptz not null default now(),
    unique (seller_id, period_start_date, period_end_date),
    constraint payouts_net check (net_minor = gross_minor - commission_minor - refund_minor)
);

create table shop.stock_moves (
    stock_move_id       text primary key,
    product_id          text not null references shop.products,
    order_id            text references shop.orders,
    units_change        integer not null check (units_change <> 0),
    reason              text not null check (reason in ('opening', 'sale', 'release', 'return', 'restock')),
    moved_at            timestamptz not null,
    created_at          timestamptz not null default now(),
    updated_at          timestamptz not null default now()
);
create index stock_moves_product on shop.stock_moves (product_id, moved_at);
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    op.execute(
        "drop table shop.stock_moves, shop.payouts, shop.chargebacks, shop.refunds, shop.transactions, "
        "shop.payment_attempts, shop.order_customisations, shop.order_items, shop.orders, shop.cart_items, "
        "shop.carts, shop.sessions, shop.devices"
    )
