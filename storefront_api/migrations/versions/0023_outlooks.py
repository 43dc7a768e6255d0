"""Outlooks of customers and sellers: who is likely to stay away, and what is expected of those who come."""

from alembic import op

revision = "0023"
down_revision = "0022"

TABLES = """
create table predictions.customer_outlooks (
    customer_id         text primary key,
    last_sale_date      date not null,
    sale_day_count      integer not null,
    usual_gap_days      double precision,
    last_period_minor   bigint not null,
    is_active           boolean not null,
    expected_minor      bigint,
    churn_probability   double precision check (churn_probability between 0 and 1),
    at_stake_minor      bigint,
    currency            char(3) not null,
    horizon_days        smallint not null,
    model_name          text not null,
    model_version       text not null,
    computed_at         timestamptz not null
);
create index customer_outlooks_expected on predictions.customer_outlooks (expected_minor, customer_id);
create index customer_outlooks_at_stake on predictions.customer_outlooks (at_stake_minor, customer_id);
comment on table predictions.customer_outlooks is 'every customer with a sale; no probability for those who have left';
comment on column predictions.customer_outlooks.at_stake_minor is 'churn_probability times the spend of the last horizon';

create table predictions.seller_outlooks (
    seller_id           text primary key,
    last_sale_date      date not null,
    sale_day_count      integer not null,
    usual_gap_days      double precision,
    last_period_minor   bigint not null,
    is_active           boolean not null,
    churn_probability   double precision check (churn_probability between 0 and 1),
    currency            char(3) not null,
    horizon_days        smallint not null,
    model_name          text not null,
    model_version       text not null,
    computed_at         timestamptz not null
);
create index seller_outlooks_churn on predictions.seller_outlooks (churn_probability, seller_id);
comment on table predictions.seller_outlooks is 'every seller with a sale; no probability where too little was known';

create table predictions.outlook_totals (
    subject             text not null check (subject in ('customers', 'sellers')),
    currency            char(3) not null,
    entity_count        integer not null,
    active_count        integer not null,
    judged_count        integer not null,
    leaving_count       double precision not null,
    expected_minor      bigint not null,
    at_stake_minor      bigint not null,
    horizon_days        smallint not null,
    model_name          text not null,
    model_version       text not null,
    computed_at         timestamptz not null,
    primary key (subject, currency)
);
comment on table predictions.outlook_totals is 'what the outlooks of customers, and of sellers, add up to';

create table predictions.outlook_deciles (
    subject             text not null check (subject in ('customer_spend', 'customer_churn', 'seller_churn')),
    decile              smallint not null check (decile between 1 and 10),
    entity_count        integer not null,
    expected            double precision not null,
    actual              double precision not null,
    actual_low          double precision not null,
    actual_high         double precision not null,
    currency            char(3),
    from_date           date not null,
    to_date             date not null,
    model_name          text not null,
    model_version       text not null,
    computed_at         timestamptz not null,
    primary key (subject, decile)
);
comment on table predictions.outlook_deciles is 'what was expected of days that the model had not seen, and what came';
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    tables = ("customer_outlooks", "seller_outlooks", "outlook_totals", "outlook_deciles")
    op.execute(f"drop table {', '.join(f'predictions.{table}' for table in tables)}")
