"""Experiments on a shelf, who was exposed to them, and what an impression has to say so that one can learn from it."""

from alembic import op

revision = "0013"
down_revision = "0012"

TABLES = """
create table shop.experiments (
    experiment_id       text primary key,
    title               text not null,
    surface             text not null check (surface in ('for_you')),
    kind                text not null check (kind in ('ab', 'interleaving')),
    salt                text not null unique,
    arms                jsonb not null,
    started_at          timestamptz not null,
    started_by          text not null,
    stopped_at          timestamptz,
    stopped_by          text,
    stop_reason         text,
    created_at          timestamptz not null default now(),
    updated_at          timestamptz not null default now(),
    check (stopped_at >= started_at)
);
create unique index experiments_running on shop.experiments (surface) where stopped_at is null;
comment on column shop.experiments.arms is 'name, variant and share of each arm; the first is the control';
create trigger touch_updated_at before update on shop.experiments for each row execute function shop.touch_updated_at();

create table shop.experiment_exposures (
    experiment_id       text not null references shop.experiments,
    unit_id             text not null,
    arm                 text not null,
    exposed_at          timestamptz not null,
    created_at          timestamptz not null default now(),
    updated_at          timestamptz not null default now(),
    primary key (experiment_id, unit_id)
);
comment on table shop.experiment_exposures is 'the first time that a unit came to the surface of an experiment';
comment on column shop.experiment_exposures.unit_id is 'the customer, else the browser of the guest';

alter table shop.impressions
    add column unit_id text,
    add column experiment_id text,
    add column arm text,
    add column alternative_product_ids text[];
comment on column shop.impressions.arm is 'of an A/B experiment the unit''s arm; of interleaving the list that filled the place';
comment on column shop.impressions.propensity is
    'the probability with which this place got this product, given the arm and the rest of the list; 1 where nothing was drawn';
comment on column shop.impressions.alternative_product_ids is 'what a drawn place was drawn from, this product among them';

create table predictions.explored_products (
    product_id          text primary key,
    shown_count         integer not null,
    clicked_count       integer not null,
    prior_clicks        double precision not null,
    prior_shows         double precision not null,
    probability         double precision not null check (probability >= 0 and probability <= 1),
    computed_at         timestamptz not null
);
comment on table predictions.explored_products is 'new products, each with its chance to be the best of them by click rate';

create table monitoring.experiment_figures (
    experiment_id       text not null,
    arm                 text not null,
    metric              text not null,
    value               double precision,
    low                 double precision,
    high                double precision,
    p_value             double precision,
    measured_at         timestamptz not null,
    primary key (experiment_id, arm, metric)
);
comment on table monitoring.experiment_figures is
    'a metric of an arm, or its difference to the control, with its 95 % interval; arm is empty for the experiment as such';
"""

RAW = """
alter table raw_shop.impressions
    add column unit_id text,
    add column experiment_id text,
    add column arm text,
    add column alternative_product_ids text[];
"""


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(RAW)
    for table, key in (("experiments", "experiment_id"), ("experiment_exposures", "experiment_id, unit_id")):
        op.execute(f"create table raw_shop.{table} (like shop.{table})")
        op.execute(
            f"alter table raw_shop.{table} add column source text not null, "
            f"add column loaded_at timestamptz not null default now(), add primary key ({key})"
        )
        op.execute(f"create index {table}_raw_updated on raw_shop.{table} (updated_at)")


def downgrade() -> None:
    op.execute("drop table monitoring.experiment_figures, predictions.explored_products")
    op.execute("drop table raw_shop.experiment_exposures, raw_shop.experiments")
    for schema in ("raw_shop", "shop"):
        op.execute(
            f"alter table {schema}.impressions drop column unit_id, drop column experiment_id, drop column arm, "
            "drop column alternative_product_ids"
        )
    op.execute("drop table shop.experiment_exposures, shop.experiments")
