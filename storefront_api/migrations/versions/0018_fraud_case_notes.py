"""Notes that analysts leave on a case; cases are found by when they were opened and closed."""

from alembic import op

revision = "0018"
down_revision = "0017"

TABLES = """
create table shop.fraud_case_notes (
    fraud_case_note_id  text primary key,
    fraud_case_id       text not null references shop.fraud_cases,
    body                text not null check (length(body) between 1 and 2000),
    written_by          text not null references shop.users,
    written_at          timestamptz not null,
    created_at          timestamptz not null default now()
);
create index fraud_case_notes_case on shop.fraud_case_notes (fraud_case_id, written_at);
create trigger fraud_case_notes_are_append_only before update or delete on shop.fraud_case_notes
    for each row execute function shop.refuse_change();
comment on table shop.fraud_case_notes is 'append-only: what analysts tell each other about a case';

create index fraud_cases_opened on shop.fraud_cases (opened_at);
create index fraud_cases_closed on shop.fraud_cases (closed_at) where closed_at is not null;
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    op.execute("drop index shop.fraud_cases_closed, shop.fraud_cases_opened")
    op.execute("drop table shop.fraud_case_notes")
