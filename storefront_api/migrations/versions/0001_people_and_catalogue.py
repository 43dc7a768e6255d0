"""People, sellers and what they sell."""

from alembic import op

revision = "0001"
down_revision = None

TABLES = """
create schema shop;

create function shop.touch_updated_at() returns trigger language plpgsql as $$
begin
    new.updated_at := clock_timestamp();
    return new;
end $$;

-- One row: which source this marketplace was filled from, and until when.
create table shop.marketplace (
    marketplace_id      smallint primary key default 1 check (marketplace_id = 1),
    source              text not null,
    currency            char(3) not null,
    time_zone           text not null default 'Asia/Dhaka',
    is_simulated        boolean not null,
    data_until          timestamptz not null,
    created_at          timestamptz not null default now()
);

create table shop.users (
    user_id             text primary key,
    role                text not null check (role in ('customer', 'seller', 'analyst', 'admin')),
    email               text not null,
    phone               text,
    full_name           text not null,
    password_hash       text,
    locale              text not null default 'en',
    is_active           boolean not null default true,
    is_demo_account     boolean not null default false,
    wants_personalisation boolean not null default true,
    signed_up_at        timestamptz not null,
    created_at          timestamptz not null default now(),
    updated_at          timestamptz not null default now()
);
create unique index users_email_key on shop.users (lower(email));
create index users_demo on shop.users (role) where is_demo_account;

create table shop.addresses (
    address_id          text primary key,
    user_id             text not null references shop.users,
    recipient_name      text not null,
    line_1              text not null,
    line_2              text,
    city                text not null,
    region              text,
    postcode            text,
    country_code        char(2) not null,
    latitude            double precision,
    longitude           double precision,
    address_hash        text not null,
    is_default          boolean not null default false,
    created_at          timestamptz not null default now(),
    updated_at          timestamptz not null default now()
);
create index addresses_user on shop.addresses (user_id);
create index addresses_hash on shop.addresses (address_hash);

create table shop.sellers (
    seller_id           text primary key,
    user_id             text not null references shop.users,
    shop_name           text not null,
    status              text not null default 'approved' check (status in ('pending', 'approved', 'suspended')),
    city                text,
    region              text,
    country_code        char(2) not null,
    latitude            double precision,
    longitude           double precision,
    time_zone           text not null default 'Asia/Dhaka',
    commission_bps      integer not null default 1000 check (commission_bps between 0 and 10000),
    joined_at           timestamptz not null,
    created_at          timestamptz not null default now(),
    updated_at          timestamptz not null default now()
);
create index sellers_user on shop.sellers (user_id);

create table shop.categories (
    category_id         text primary key,
    parent_category_id  text references shop.categories,
    name                text not null,
    name_bn             text,
    path                text not null,
    created_at          timestamptz not null default now(),
    updated_at          timestamptz not null default now()
);

create table shop.products (
    product_id          text primary key,
    seller_id           text not null references shop.sellers,
    category_id         text references shop.categories,
    title               text not null,
    title_is_generated  boolean not null default false,
    description         text not null default '',
    language            text not null default 'en',
    price_minor         bigint not null check (price_minor >= 0),
    currency            char(3) not null,
    colour              text,
    material            text,
    occasion            text,
    attributes          jsonb not null default '{}',
    picture_svg         text,
    weight_grams        integer,
    is_active           boolean not null default true,
    listed_at           timestamptz not null,
    created_at          timestamptz not null default now(),
    updated_at          timestamptz not null default now()
);
create index products_seller on shop.products (seller_id);
create index products_category on shop.products (category_id) where is_active;
create index products_listed on shop.products (listed_at desc, product_id);

create table shop.stock (
    product_id          text primary key references shop.products,
    units_on_hand       integer not null check (units_on_hand >= 0),
    created_at          timestamptz not null default now(),
    updated_at          timestamptz not null default now()
);

create table shop.customisations (
    customisation_id    text primary key,
    product_id          text not null references shop.products,
    name                text not null,
    kind                text not null check (kind in ('text', 'choice', 'photo')),
    is_required         boolean not null default false,
    max_length          integer,
    price_minor         bigint not null default 0 check (price_minor >= 0),
    choices             jsonb not null default '[]',
    position            smallint not null default 0,
    created_at          timestamptz not null default now(),
    updated_at          timestamptz not null default now()
);
create index customisations_product on shop.customisations (product_id);
comment on column shop.customisations.choices is '[{"value": "...", "label": "...", "price_minor": 0}], for kind choice';
comment on column shop.customisations.price_minor is 'added once when the customisation is chosen';
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    op.execute("drop schema shop cascade")
