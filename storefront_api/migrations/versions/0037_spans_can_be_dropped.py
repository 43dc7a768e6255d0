"""`intermediate.int_seller_spans` stands among what dbt has made again, so that the next run can drop it.

Migration 0034 left the table, because the pages needed it until a run had made their view anew, and took away the only note of
whose it was. What dbt has made and makes no more is dropped when a run ends (dbt/macros/drop_gone_models.sql).
"""

from alembic import op

revision = "0037"
down_revision = "0036"


def upgrade() -> None:
    op.execute(
        """
        insert into changes.readers (table_name, reader, definition, read_until)
        select 'int_seller_spans', 'int_seller_spans', '', 'infinity'
        where to_regclass('intermediate.int_seller_spans') is not null
        """
    )


def downgrade() -> None:
    op.execute("delete from changes.readers where reader = 'int_seller_spans'")
