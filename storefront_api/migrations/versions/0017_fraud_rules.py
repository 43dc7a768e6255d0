"""Fraud rules as versions, lists and snoozes; decisions that can be replayed, and shadow ones; disputes."""

from alembic import op

revision = "0017"
down_revision = "0016"

TABLES = """
-- Append-only: a version never changes, and what was published when is never forgotten.
create table shop.fraud_rule_sets (
    version             integer primary key check (version >= 1),
    document            jsonb not null,
    note                text not null,
    created_by          text references shop.users,
    created_at          timestamptz not null
);
comment on column shop.fraud_rule_sets.version is 'version 1 is the set that ships with the code, and has no author';

create table shop.fraud_back_tests (
    fraud_back_test_id  text primary key,
    version             integer not null references shop.fraud_rule_sets,
    result              jsonb not null,
    run_by              text not null references shop.users,
    run_at              timestamptz not null
);
create index fraud_back_tests_version on shop.fraud_back_tests (version, run_at);

create table shop.fraud_rule_publications (
    fraud_rule_publication_id   bigint generated always as identity primary key,
    version             integer not null references shop.fraud_rule_sets,
    fraud_back_test_id  text references shop.fraud_back_tests,
    reason              text not null,
    published_by        text not null references shop.users,
    published_at        timestamptz not null
);
comment on table shop.fraud_rule_publications is 'the last one is at work; without any it is the set that ships';

create table shop.fraud_list_entries (
    fraud_list_entry_id text primary key,
    list_name           text not null,
    kind                text not null check (kind in ('customer', 'device', 'card', 'address', 'ip_address')),
    value               text not null,
    reason              text not null,
    added_by            text not null references shop.users,
    added_at            timestamptz not null,
    expires_at          timestamptz check (expires_at > added_at),
    removed_by          text references shop.users,
    removed_at          timestamptz check (removed_at >= added_at)
);
create unique index fraud_list_entries_standing on shop.fraud_list_entries (kind, value, list_name) where removed_at is null;
create index fraud_list_entries_list on shop.fraud_list_entries (list_name, added_at);
comment on column shop.fraud_list_entries.value is 'an id of the shop, or the hash under which attempts carry it';

create table shop.fraud_rule_snoozes (
    fraud_rule_snooze_id text primary key,
    rule_name           text not null,
    kind                text not null check (kind in ('customer', 'device', 'card', 'address', 'ip_address')),
    value               text not null,
    reason              text not null,
    snoozed_by          text not null references shop.users,
    snoozed_at          timestamptz not null,
    expires_at          timestamptz not null check (expires_at > snoozed_at),
    ended_by            text references shop.users,
    ended_at            timestamptz check (ended_at >= snoozed_at)
);
create unique index fraud_rule_snoozes_standing on shop.fraud_rule_snoozes (kind, value, rule_name) where ended_at is null;

alter table shop.fraud_decisions
    add column event_id         text unique,
    add column rules_decision   text check (rules_decision in ('approve', 'review', 'block_and_review', 'decline')),
    add column model_decision   text check (model_decision in ('approve', 'review', 'block_and_review', 'decline')),
    add column rule_hits        jsonb not null default '[]',
    add column inputs           jsonb not null default '{}',
    add column is_degraded      boolean not null default false;
create index fraud_decisions_decided on shop.fraud_decisions (decided_at);
create index fraud_decisions_degraded on shop.fraud_decisions (decided_at) where is_degraded;
comment on column shop.fraud_decisions.event_id is 'what was decided upon: the attempt, or its second scoring; decided once';
comment on column shop.fraud_decisions.rules_decision is 'what the rules alone asked for';
comment on column shop.fraud_decisions.model_decision is 'what the model alone asked for; null when only rules decided';
comment on column shop.fraud_decisions.inputs is 'request, lists and snoozes as they were: replayed, they decide the same';
comment on column shop.fraud_decisions.is_degraded is 'the model answered without the feature store';

create table shop.fraud_shadow_decisions (
    payment_attempt_id  text not null references shop.payment_attempts,
    model_version       text not null,
    probability         double precision not null check (probability between 0 and 1),
    score               smallint not null check (score between 0 and 99),
    model_decision      text not null check (model_decision in ('approve', 'review', 'block_and_review', 'decline')),
    decision            text not null check (decision in ('approve', 'review', 'block_and_review', 'decline')),
    decided_at          timestamptz not null,
    primary key (payment_attempt_id, model_version)
);
create index fraud_shadow_decisions_version on shop.fraud_shadow_decisions (model_version, decided_at);
comment on table shop.fraud_shadow_decisions is 'what the challenger would have decided on live attempts; nobody acts on it';

create table shop.disputes (
    dispute_id          text primary key,
    order_id            text not null references shop.orders,
    payment_attempt_id  text not null references shop.payment_attempts,
    reason              text not null,
    opened_by           text not null references shop.users,
    opened_at           timestamptz not null,
    outcome             text check (outcome in ('fraud', 'legitimate')),
    decided_by          text references shop.users,
    decided_at          timestamptz,
    check ((outcome is null) = (decided_at is null) and (outcome is null) = (decided_by is null))
);
create unique index disputes_open on shop.disputes (order_id) where outcome is null;
create index disputes_opened on shop.disputes (opened_at);
comment on table shop.disputes is 'a customer says that an order is not theirs; the outcome becomes a label';
"""
APPEND_ONLY = ("fraud_rule_sets", "fraud_back_tests", "fraud_rule_publications", "fraud_shadow_decisions")


def upgrade() -> None:
    op.execute(TABLES)
    for table in APPEND_ONLY:
        op.execute(
            f"create trigger {table}_are_append_only before update or delete on shop.{table} "
            "for each row execute function shop.refuse_change()"
        )


def downgrade() -> None:
    op.execute("drop table shop.disputes, shop.fraud_shadow_decisions")
    op.execute(
        "alter table shop.fraud_decisions drop column event_id, drop column rules_decision, drop column model_decision, "
        "drop column rule_hits, drop column inputs, drop column is_degraded"
    )
    op.execute(
        "drop table shop.fraud_rule_snoozes, shop.fraud_list_entries, shop.fraud_rule_publications, shop.fraud_back_tests, "
        "shop.fraud_rule_sets"
    )
