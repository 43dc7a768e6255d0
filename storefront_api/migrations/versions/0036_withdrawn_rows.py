"""Rows that a correction takes away from a feature table are noted until the online store carries them no more.

The triggers that call the function come with the feature store (feature_repo/withdrawn_rows.py): dbt makes the tables.
"""

from alembic import op

revision = "0036"
down_revision = "0035"

NOTE_WITHDRAWN = """
create function feast_online.note_withdrawn() returns trigger language plpgsql as $$
begin
    if tg_op = 'TRUNCATE' then
        insert into feast_online.withdrawn_rows (table_name) values (tg_table_name);
    else
        execute format(
            'insert into feast_online.withdrawn_rows (table_name, entity, event_timestamp)'
            ' select %L, %I, event_timestamp from gone', tg_table_name, tg_argv[0]
        );
    end if;
    return null;
end $$
"""


def upgrade() -> None:
    op.execute(
        """
        create table feast_online.withdrawn_rows (
            note_id         bigint generated always as identity primary key,
            table_name      text not null,
            entity          text,
            event_timestamp timestamptz,
            check ((entity is null) = (event_timestamp is null))
        );
        create index withdrawn_rows_by_table on feast_online.withdrawn_rows (table_name);
        comment on table feast_online.withdrawn_rows is
            'rows deleted from feature tables, until the online store has been told; without entity any row may be';
        """
    )
    op.execute(NOTE_WITHDRAWN)


def downgrade() -> None:
    op.execute("drop function feast_online.note_withdrawn cascade")
    op.execute("drop table feast_online.withdrawn_rows")
