"""Events, reviews, messages and what was shown to whom."""

from alembic import op

revision = "0003"
down_revision = "0002"

TABLES = """
-- Append-only and large: written by the batch endpoint and the importers, which check what a foreign key would.
create table shop.events (
    event_id            text primary key,
    event_type          text not null check (event_type in ('page_view', 'product_view', 'search', 'cart_add', 'cart_remove',
                            'checkout_start', 'purchase', 'wishlist_add', 'recommendation_click', 'review', 'message',
                            'location')),
    session_id          text not null,
    customer_id         text,
    device_id           text,
    product_id          text,
    quantity            integer,
    search_query        text,
    request_id          text,
    shelf               text,
    position            smallint,
    occurred_at         timestamptz not null,
    created_at          timestamptz not null default now(),
    updated_at          timestamptz not null default now()
);
create index events_session on shop.events (session_id, occurred_at);
create index events_updated on shop.events (updated_at);
comment on column shop.events.request_id is 'the recommendation request whose list was clicked, joins impressions';

create table shop.reviews (
    review_id           text primary key,
    order_id            text references shop.orders,
    product_id          text not null references shop.products,
    seller_id           text not null references shop.sellers,
    customer_id         text not null references shop.users,
    rating              smallint not null check (rating between 1 and 5),
    title               text,
    body                text,
    language            text not null default 'en',
    is_hidden           boolean not null default false,
    reviewed_at         timestamptz not null,
    answered_at         timestamptz,
    created_at          timestamptz not null default now(),
    updated_at          timestamptz not null default now()
);
create index reviews_product on shop.reviews (product_id, reviewed_at desc);
create index reviews_seller on shop.reviews (seller_id, reviewed_at desc);

create table shop.messages (
    message_id          text primary key,
    seller_id           text not null references shop.sellers,
    customer_id         text not null references shop.users,
    order_id            text references shop.orders,
    sender              text not null check (sender in ('customer', 'seller')),
    body                text not null,
    sent_at             timestamptz not null,
    read_at             timestamptz,
    created_at          timestamptz not null default now(),
    updated_at          timestamptz not null default now()
);
create index messages_conversation on shop.messages (seller_id, customer_id, sent_at);

create table shop.wishlist_items (
    user_id             text not null references shop.users,
    product_id          text not null references shop.products,
    added_at            timestamptz not null,
    removed_at          timestamptz,
    created_at          timestamptz not null default now(),
    updated_at          timestamptz not null default now(),
    primary key (user_id, product_id)
);

create table shop.notifications (
    notification_id     text primary key,
    user_id             text not null references shop.users,
    kind                text not null,
    title               text not null,
    body                text not null,
    sent_at             timestamptz not null,
    read_at             timestamptz,
    created_at          timestamptz not null default now(),
    updated_at          timestamptz not null default now()
);
create index notifications_user on shop.notifications (user_id, sent_at desc);

create table shop.impressions (
    impression_id       text primary key,
    request_id          text not null,
    session_id          text,
    customer_id         text,
    shelf               text not null,
    product_id          text not null,
    position            smallint not null,
    candidate_source    text not null,
    model_name          text not null,
    model_version       text not null,
    propensity          double precision check (propensity > 0 and propensity <= 1),
    is_fallback         boolean not null default false,
    shown_at            timestamptz not null,
    created_at          timestamptz not null default now(),
    updated_at          timestamptz not null default now()
);
create index impressions_request on shop.impressions (request_id);

create table shop.tag_suggestions (
    tag_suggestion_id   text primary key,
    product_id          text references shop.products,
    seller_id           text not null references shop.sellers,
    attribute           text not null,
    suggested_value     text not null,
    probability         double precision not null,
    evidence            text,
    model_version       text not null,
    status              text not null default 'suggested' check (status in ('suggested', 'accepted', 'changed', 'refused')),
    final_value         text,
    suggested_at        timestamptz not null,
    answered_at         timestamptz,
    created_at          timestamptz not null default now(),
    updated_at          timestamptz not null default now()
);
create index tag_suggestions_product on shop.tag_suggestions (product_id);
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    op.execute(
        "drop table shop.tag_suggestions, shop.impressions, shop.notifications, shop.wishlist_items, shop.messages, "
        "shop.reviews, shop.events"
    )
