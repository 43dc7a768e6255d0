"""`fct_seller_days` is a view and `fct_seller_peers` is gone: neither reads a log any more, nor has one.

A reader that never reads again would keep the logs that it read from being shortened.
"""

from alembic import op

revision = "0027"
down_revision = "0026"

_GONE = "('fct_seller_days', 'fct_seller_peers')"


def upgrade() -> None:
    op.execute(f"delete from changes.readers where reader in {_GONE} or table_name in {_GONE}")
    op.execute(f"delete from changes.logs where table_name in {_GONE}")
    op.execute("drop table if exists changes.fct_seller_days, changes.fct_seller_peers, marts.fct_seller_peers")


def downgrade() -> None:
    """The older code builds both anew."""
