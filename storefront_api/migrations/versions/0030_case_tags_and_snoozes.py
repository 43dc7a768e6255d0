"""A case bears tags, and may leave the queue until an instant."""

from alembic import op

revision = "0030"
down_revision = "0029"

TABLES = """
create table shop.fraud_case_tags (
    fraud_case_id       text not null references shop.fraud_cases,
    tag                 text not null check (length(tag) between 2 and 30),
    tagged_by           text not null references shop.users,
    tagged_at           timestamptz not null,
    primary key (fraud_case_id, tag)
);
create index fraud_case_tags_tag on shop.fraud_case_tags (tag);
comment on table shop.fraud_case_tags is 'what analysts sort cases by; who put on or took off which is in the audit log';

alter table shop.fraud_cases add column snoozed_until timestamptz, add column snooze_reason text;
comment on column shop.fraud_cases.snoozed_until is 'until then the case is in no queue; nobody has to bring it back';
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    op.execute("alter table shop.fraud_cases drop column snoozed_until, drop column snooze_reason")
    op.execute("drop table shop.fraud_case_tags")
