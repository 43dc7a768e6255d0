"""A theme keeps all reviews that hold its phrase, not two of them, so that what was counted can be read."""

from alembic import op

revision = "0039"
down_revision = "0038"


def upgrade() -> None:
    op.execute("alter table predictions.review_themes rename column quotes to review_ids")


def downgrade() -> None:
    op.execute("alter table predictions.review_themes rename column review_ids to quotes")
