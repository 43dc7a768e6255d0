"""What products are expected to sell, and how a seller wants to restock; forecasts say how far they leaned last time."""

from alembic import op

revision = "0021"
down_revision = "0020"

TABLES = """
alter table predictions.seller_forecasts add column last_period_bias double precision;
comment on column predictions.seller_forecasts.last_period_bias is 'of revenue, too high is positive';

create table predictions.product_forecasts (
    product_id          text primary key,
    seller_id           text not null,
    status              text not null check (status in ('ok', 'pooled', 'not_enough_data')),
    starts_on           date not null,
    weekly_units        double precision,
    weekly_units_point  double precision,
    weekly_deviation    double precision,
    low_80              double precision,
    high_80             double precision,
    low_95              double precision,
    high_95             double precision,
    method              text,
    last_period_wape    double precision,
    last_period_bias    double precision,
    model_name          text not null,
    model_version       text not null,
    computed_at         timestamptz not null,
    check (status = 'not_enough_data' or weekly_units is not null)
);
create index product_forecasts_seller on predictions.product_forecasts (seller_id, weekly_units desc);
comment on table predictions.product_forecasts is
    'units of a week of the four from starts_on: to stock by (right in sum), and _point, which errs least';

create table shop.restock_settings (
    seller_id           text primary key references shop.sellers,
    lead_time_days      integer not null check (lead_time_days between 1 and 180),
    service_level       double precision not null check (service_level between 0.5 and 0.999),
    cover_days          integer not null check (cover_days between 1 and 365),
    created_at          timestamptz not null default now(),
    updated_at          timestamptz not null default now()
);
comment on table shop.restock_settings is 'how a seller restocks; without a row by the defaults';
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    op.execute("drop table shop.restock_settings")
    op.execute("drop table predictions.product_forecasts")
    op.execute("alter table predictions.seller_forecasts drop column last_period_bias")
