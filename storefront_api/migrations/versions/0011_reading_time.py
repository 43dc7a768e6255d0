"""When a warehouse table last read what it is built on."""

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.execute("alter table changes.readers add column read_at timestamptz not null default now()")


def downgrade() -> None:
    op.execute("alter table changes.readers drop column read_at")
