"""What became of a row in quarantine: its correction, its end, and what a source's later word changed in the shop."""

from alembic import op

revision = "0008"
down_revision = "0007"

UP = """
alter table quarantine.rows
    add column context jsonb,
    add column correction jsonb,
    add column corrected_by text,
    add column corrected_at timestamptz,
    add column resolved_at timestamptz,
    add column resolution text check (resolution in ('loaded', 'replaced')),
    add column replaced_by bigint references quarantine.rows on delete set null,
    add constraint rows_resolved_with_reason check ((resolved_at is null) = (resolution is null));
comment on column quarantine.rows.context is 'what the row itself does not say: session, customer and device of an event';
comment on column quarantine.rows.correction is 'a corrected payload that waits for the relay to send it again';
comment on column quarantine.rows.resolution is
    'loaded: the row, corrected or as it was, is in the shop; replaced: its correction does not fit either and waits itself';
create index rows_key on quarantine.rows (source, object, row_key);
create index rows_waiting on quarantine.rows (last_seen_at) where resolved_at is null;

-- Append-only: an imported row that came again with other values, and which columns then took them.
create schema ingest;
create table ingest.restatements (
    restatement_id      bigint generated always as identity primary key,
    source              text not null,
    object              text not null,
    row_key             text not null,
    restated_columns    text[] not null,
    restated_at         timestamptz not null default clock_timestamp()
);
create index restatements_row on ingest.restatements (object, row_key);
comment on column ingest.restatements.restated_at is
    'equal to the row''s updated_at until the shop itself changes the row; from then on the shop''s word stands';
"""

DOWN = """
drop schema ingest cascade;
drop index quarantine.rows_key, quarantine.rows_waiting;
alter table quarantine.rows
    drop column context, drop column correction, drop column corrected_by, drop column corrected_at, drop column resolved_at,
    drop column resolution, drop column replaced_by;
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
