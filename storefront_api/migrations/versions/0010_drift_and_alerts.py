"""Drift of what models read and say, the alerts that it raises, and what became of sending them."""

from alembic import op

revision = "0010"
down_revision = "0009"

TABLES = """
create table monitoring.drift (
    model_name                  text not null,
    model_version               text not null,
    feature                     text not null,
    window_start                timestamptz not null,
    window_end                  timestamptz not null,
    kind                        text not null check (kind in ('number', 'category', 'identifier')),
    is_score                    boolean not null,
    status                      text not null check (status in ('judged', 'too_few_rows', 'warming_up', 'no_reference')),
    level                       text not null check (level in ('calm', 'moderate', 'strong')),
    measure                     text,
    effect                      double precision,
    threshold                   double precision,
    severity                    double precision not null,
    rank                        integer not null,
    psi                         double precision,
    row_count                   bigint not null,
    reference_row_count         bigint,
    null_share                  double precision,
    reference_null_share        double precision,
    distinct_count              bigint,
    reference_distinct_count    bigint,
    details                     jsonb not null default '{}',
    measured_at                 timestamptz not null default now(),
    primary key (model_name, window_start, feature)
);
comment on table monitoring.drift is 'a column that a model reads, or its score, in one window beside its reference';
comment on column monitoring.drift.severity is 'effect in units of a strong one; from 1 on one window raises an alert';
comment on column monitoring.drift.rank is 'within the window, 1 the likeliest culprit';

create table monitoring.alerts (
    model_name                  text not null,
    feature                     text not null,
    window_start                timestamptz not null,
    window_end                  timestamptz not null,
    model_version               text not null,
    also                        text[] not null default '{}',
    level                       text not null check (level in ('moderate', 'strong')),
    measure                     text not null,
    effect                      double precision not null,
    threshold                   double precision not null,
    last_window_start           timestamptz not null,
    resolved_window_end         timestamptz,
    action                      text not null,
    raised_at                   timestamptz not null default now(),
    resolved_at                 timestamptz,
    primary key (model_name, feature, window_start)
);
comment on table monitoring.alerts is 'a drift worth looking at: the window that raised it, what leads it, what to do';
create index alerts_open on monitoring.alerts (model_name) where resolved_at is null;

create table monitoring.deliveries (
    model_name                  text not null,
    feature                     text not null,
    window_start                timestamptz not null,
    sink                        text not null check (sink in ('log', 'webhook', 'email')),
    attempt_count               integer not null default 0,
    attempted_at                timestamptz,
    delivered_at                timestamptz,
    error                       text,
    primary key (model_name, feature, window_start, sink),
    foreign key (model_name, feature, window_start) references monitoring.alerts on delete cascade
);
comment on table monitoring.deliveries is 'one alert to one sink: sent once, or tried again with the last error kept';
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    op.execute("drop table monitoring.deliveries, monitoring.alerts, monitoring.drift")
