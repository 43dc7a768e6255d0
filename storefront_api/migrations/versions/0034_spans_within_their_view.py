"""`int_seller_spans` is gone into the view `fct_seller_days`: it reads no log any more, nor has one.

A reader that never reads again would keep the logs that it read from being shortened. The table itself stays, read by nothing
once the next run has made the view anew: until then the pages need it.
"""

from alembic import op

revision = "0034"
down_revision = "0033"


def upgrade() -> None:
    op.execute("delete from changes.readers where reader = 'int_seller_spans' or table_name = 'int_seller_spans'")
    op.execute("delete from changes.logs where table_name = 'int_seller_spans'")
    op.execute("drop table if exists changes.int_seller_spans")


def downgrade() -> None:
    """The older code builds it anew."""
