"""Fraud decisions, cases and labels; outbox, idempotency, log-ins, audit and quarantine."""

from alembic import op

revision = "0004"
down_revision = "0003"

TABLES = """
-- Append-only: what was decided, on which inputs, by which version.
create table shop.fraud_decisions (
    fraud_decision_id   text primary key,
    payment_attempt_id  text not null references shop.payment_attempts,
    order_id            text references shop.orders,
    decision            text not null check (decision in ('approve', 'review', 'block_and_review', 'decline')),
    probability         double precision check (probability between 0 and 1),
    score               smallint check (score between 0 and 99),
    reasons             jsonb not null default '[]',
    features            jsonb not null default '{}',
    model_name          text,
    model_version       text,
    rules_version       text not null,
    is_fallback         boolean not null default false,
    latency_ms          double precision not null,
    decided_at          timestamptz not null,
    created_at          timestamptz not null default now(),
    updated_at          timestamptz not null default now()
);
create index fraud_decisions_attempt on shop.fraud_decisions (payment_attempt_id, decided_at);
create index fraud_decisions_fallback on shop.fraud_decisions (decided_at) where is_fallback;
comment on column shop.fraud_decisions.probability is 'null when only rules decided';

create table shop.fraud_cases (
    fraud_case_id       text primary key,
    payment_attempt_id  text not null unique references shop.payment_attempts,
    order_id            text references shop.orders,
    status              text not null default 'open' check (status in ('open', 'claimed', 'closed')),
    priority            smallint not null default 0,
    claimed_by          text references shop.users,
    claimed_at          timestamptz,
    opened_at           timestamptz not null,
    closed_at           timestamptz,
    created_at          timestamptz not null default now(),
    updated_at          timestamptz not null default now()
);
create index fraud_cases_queue on shop.fraud_cases (priority desc, opened_at) where status <> 'closed';

create table shop.fraud_labels (
    fraud_label_id      text primary key,
    payment_attempt_id  text not null references shop.payment_attempts,
    order_id            text references shop.orders,
    outcome             text not null check (outcome in ('fraud', 'legitimate', 'unsure')),
    label_source        text not null check (label_source in ('chargeback', 'analyst', 'dispute')),
    reason              text,
    comment             text,
    labelled_by         text references shop.users,
    labelled_at         timestamptz not null,
    created_at          timestamptz not null default now(),
    updated_at          timestamptz not null default now()
);
create index fraud_labels_attempt on shop.fraud_labels (payment_attempt_id, labelled_at);
comment on column shop.fraud_labels.labelled_at is 'when the outcome became known; training never looks past it';

-- Which part of the address space stands where: the simulation's own made-up table, or a licensed one.
create table shop.networks (
    network             cidr primary key,
    country_code        char(2) not null,
    city                text,
    latitude            double precision,
    longitude           double precision,
    is_simulated        boolean not null default false
);
create index networks_contains on shop.networks using gist (network inet_ops);

create table shop.outbox (
    outbox_id           bigint generated always as identity primary key,
    topic               text not null,
    key                 text not null,
    payload             jsonb not null,
    created_at          timestamptz not null default now(),
    relayed_at          timestamptz
);
create index outbox_waiting on shop.outbox (outbox_id) where relayed_at is null;

create table shop.idempotency_keys (
    principal           text not null,
    idempotency_key     text not null check (length(idempotency_key) <= 255),
    request_hash        text not null,
    response_status     smallint,
    response_body       jsonb,
    created_at          timestamptz not null default now(),
    primary key (principal, idempotency_key)
);

create table shop.refresh_tokens (
    token_hash          text primary key,
    family_id           text not null,
    user_id             text not null references shop.users,
    expires_at          timestamptz not null,
    used_at             timestamptz,
    revoked_at          timestamptz,
    created_at          timestamptz not null default now()
);
create index refresh_tokens_family on shop.refresh_tokens (family_id);

create table shop.audit_log (
    audit_id            bigint generated always as identity primary key,
    actor_id            text,
    action              text not null,
    object_type         text not null,
    object_id           text not null,
    reason              text,
    details             jsonb not null default '{}',
    occurred_at         timestamptz not null default now()
);
create index audit_log_object on shop.audit_log (object_type, object_id, occurred_at);

create function shop.refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only', tg_table_name;
end $$;
create trigger audit_log_is_append_only before update or delete on shop.audit_log
    for each row execute function shop.refuse_change();
create trigger fraud_decisions_are_append_only before update or delete on shop.fraud_decisions
    for each row execute function shop.refuse_change();

create schema quarantine;
create table quarantine.rows (
    quarantine_id       bigint generated always as identity primary key,
    source              text not null,
    object              text not null,
    row_key             text,
    reason              text not null,
    payload             jsonb not null,
    payload_hash        text not null,
    seen_count          integer not null default 1,
    first_seen_at       timestamptz not null default now(),
    last_seen_at        timestamptz not null default now(),
    unique (source, object, payload_hash, reason)
);
comment on column quarantine.rows.object is 'the table or file the row was meant for';
"""

TOUCHED = [
    "users",
    "addresses",
    "sellers",
    "categories",
    "products",
    "stock",
    "customisations",
    "devices",
    "sessions",
    "carts",
    "cart_items",
    "orders",
    "order_items",
    "order_customisations",
    "payment_attempts",
    "transactions",
    "refunds",
    "chargebacks",
    "payouts",
    "stock_moves",
    "events",
    "reviews",
    "messages",
    "wishlist_items",
    "notifications",
    "impressions",
    "tag_suggestions",
    "fraud_cases",
    "fraud_labels",
]


def upgrade() -> None:
    op.execute(TABLES)
    for table in TOUCHED:
        op.execute(
            f"create trigger touch_updated_at before update on shop.{table} for each row execute function shop.touch_updated_at()"
        )


def downgrade() -> None:
    op.execute("drop schema quarantine cascade")
    op.execute(
        "drop table shop.audit_log, shop.refresh_tokens, shop.idempotency_keys, shop.outbox, shop.networks, "
        "shop.fraud_labels, shop.fraud_cases, shop.fraud_decisions"
    )
    op.execute("drop function shop.refuse_change()")
    for table in TOUCHED:
        if not table.startswith("fraud_"):
            op.execute(f"drop trigger touch_updated_at on shop.{table}")
