"""The raw copies that pipelines read, without personal data, and the tables that models write."""

from alembic import op

revision = "0005"
down_revision = "0004"

# raw table -> (key, columns left behind because they name or locate a person, or are large and unused downstream)
RAW_TABLES: dict[str, tuple[str, tuple[str, ...]]] = {
    "users": ("user_id", ("email", "phone", "full_name", "password_hash")),
    "addresses": ("address_id", ("recipient_name", "line_1", "line_2", "postcode")),
    "sellers": ("seller_id", ()),
    "categories": ("category_id", ()),
    "products": ("product_id", ("picture_svg",)),
    "stock": ("product_id", ()),
    "customisations": ("customisation_id", ()),
    "devices": ("device_id", ()),
    "sessions": ("session_id", ("ip_address",)),
    "orders": ("order_id", ()),
    "order_items": ("order_item_id", ()),
    "order_customisations": ("order_customisation_id", ("value",)),
    "payment_attempts": ("payment_attempt_id", ("ip_address",)),
    "transactions": ("transaction_id", ()),
    "refunds": ("refund_id", ()),
    "chargebacks": ("chargeback_id", ()),
    "payouts": ("payout_id", ()),
    "stock_moves": ("stock_move_id", ()),
    "events": ("event_id", ()),
    "reviews": ("review_id", ()),
    "messages": ("message_id", ("body",)),
    "wishlist_items": ("user_id, product_id", ()),
    "impressions": ("impression_id", ()),
    "tag_suggestions": ("tag_suggestion_id", ()),
    "fraud_decisions": ("fraud_decision_id", ("features",)),
    "fraud_labels": ("fraud_label_id", ("comment",)),
}

PREDICTIONS = """
create schema predictions;

create table predictions.product_lists (
    list_name           text not null,
    entity_id           text not null,
    position            smallint not null,
    product_id          text not null,
    score               double precision not null,
    source              text not null,
    reason              text not null,
    model_name          text not null,
    model_version       text not null,
    computed_at         timestamptz not null,
    primary key (list_name, entity_id, position)
);
comment on column predictions.product_lists.list_name is 'for_you (a customer), similar (product), trending (all or category)';

create table predictions.seller_forecasts (
    seller_id           text not null,
    forecast_date       date not null,
    status              text not null check (status in ('ok', 'not_enough_data')),
    revenue_minor       double precision,
    low_80              double precision,
    high_80             double precision,
    low_95              double precision,
    high_95             double precision,
    currency            char(3),
    method              text,
    last_period_wape    double precision,
    model_name          text not null,
    model_version       text not null,
    computed_at         timestamptz not null,
    primary key (seller_id, forecast_date)
);

create table predictions.product_tags (
    product_id          text not null,
    attribute           text not null,
    value               text not null,
    probability         double precision not null,
    evidence            text,
    is_inferred         boolean not null,
    model_version       text not null,
    computed_at         timestamptz not null,
    primary key (product_id, attribute, value)
);

create schema monitoring;
create table monitoring.model_evaluations (
    model_name          text not null,
    model_version       text not null,
    method              text not null,
    is_served           boolean not null,
    metric              text not null,
    value               double precision,
    low                 double precision,
    high                double precision,
    row_count           bigint,
    evaluated_at        timestamptz not null,
    primary key (model_name, model_version, method, metric)
);
comment on table monitoring.model_evaluations is 'a method''s metric with its 95 % interval: the model beside its baselines';
"""


def upgrade() -> None:
    op.execute("create schema raw_shop")
    for table, (key, left_behind) in RAW_TABLES.items():
        op.execute(f"create table raw_shop.{table} (like shop.{table})")
        for column in left_behind:
            op.execute(f"alter table raw_shop.{table} drop column {column}")
        op.execute(
            f"alter table raw_shop.{table} add column source text not null, "
            f"add column loaded_at timestamptz not null default now(), add primary key ({key})"
        )
        op.execute(f"create index {table}_raw_updated on raw_shop.{table} (updated_at)")
    op.execute(PREDICTIONS)


def downgrade() -> None:
    op.execute("drop schema monitoring cascade")
    op.execute("drop schema predictions cascade")
    op.execute("drop schema raw_shop cascade")
