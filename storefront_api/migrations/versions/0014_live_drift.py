"""Drift of what is decided and shown live, beside that of what models read; and that a sink is told when an alert is over."""

from alembic import op

revision = "0014"
down_revision = "0013"

STREAM = "add column stream text not null default 'inputs' check (stream in ('inputs', 'decisions', 'impressions'))"
UP = f"""
alter table monitoring.deliveries drop constraint deliveries_model_name_feature_window_start_fkey;
alter table monitoring.drift {STREAM};
alter table monitoring.drift drop constraint drift_pkey, add primary key (model_name, stream, window_start, feature);
alter table monitoring.alerts {STREAM};
alter table monitoring.alerts drop constraint alerts_pkey, add primary key (model_name, stream, feature, window_start);
alter table monitoring.deliveries {STREAM},
    add column news text not null default 'opened' check (news in ('opened', 'resolved'));
alter table monitoring.deliveries drop constraint deliveries_pkey,
    add primary key (model_name, stream, feature, window_start, sink, news),
    add foreign key (model_name, stream, feature, window_start) references monitoring.alerts on delete cascade;
comment on column monitoring.drift.stream is 'what a model reads, what it decided live, or what was shown of it';
comment on table monitoring.deliveries is 'that an alert began, or ended, told to one sink: once, or tried again';

-- What ended before sinks were told of it is no news any more: as many attempts as are made count as made.
insert into monitoring.deliveries (model_name, stream, feature, window_start, sink, news, attempt_count)
select model_name, stream, feature, window_start, sink, 'resolved', 50
from monitoring.deliveries join monitoring.alerts using (model_name, stream, feature, window_start)
where delivered_at is not null and resolved_at is not null;
"""
DOWN = """
delete from monitoring.deliveries where news <> 'opened' or stream <> 'inputs';
delete from monitoring.alerts where stream <> 'inputs';
delete from monitoring.drift where stream <> 'inputs';
alter table monitoring.deliveries drop constraint deliveries_model_name_stream_feature_window_start_fkey,
    drop column news, drop column stream;
alter table monitoring.alerts drop column stream;
alter table monitoring.drift drop column stream;
alter table monitoring.drift add primary key (model_name, window_start, feature);
alter table monitoring.alerts add primary key (model_name, feature, window_start);
alter table monitoring.deliveries add primary key (model_name, feature, window_start, sink),
    add foreign key (model_name, feature, window_start) references monitoring.alerts on delete cascade;
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
