"""The schemas that Feast expects to find, and the rule that an older online value never replaces a newer one.

Feast makes its own tables but no schemas, and dbt makes the tables of `features`. Each online table of Feast gets a trigger
that calls the function below (feature_repo/online_tables.py).
"""

from alembic import op

revision = "0007"
down_revision = "0006"

SCHEMAS = ("features", "feast_registry", "feast_online")

KEEP_NEWER_VALUE = """
create or replace function feast_online.keep_newer_value() returns trigger language plpgsql as $$
begin
    return case when new.event_ts < old.event_ts then null else new end;
end $$
"""


def upgrade() -> None:
    # An older marketplace has them already: Feast's reader made them at its first use.
    for schema in SCHEMAS:
        op.execute(f"create schema if not exists {schema}")
    op.execute(KEEP_NEWER_VALUE)


def downgrade() -> None:
    # What they hold is derived: the next run writes it again.
    for schema in reversed(SCHEMAS):
        op.execute(f"drop schema {schema} cascade")
