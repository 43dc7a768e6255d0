"""Tags are suggested where a listing is written and kept with their answers (`shop.tag_suggestions`); none is computed ahead."""

from alembic import op

revision = "0025"
down_revision = "0024"

PRODUCT_TAGS = """
create table predictions.product_tags (
    product_id          text not null,
    attribute           text not null,
    value               text not null,
    probability         double precision not null,
    evidence            text,
    is_inferred         boolean not null,
    model_version       text not null,
    computed_at         timestamptz not null,
    primary key (product_id, attribute, value)
)
"""


def upgrade() -> None:
    op.execute("drop table predictions.product_tags")


def downgrade() -> None:
    op.execute(PRODUCT_TAGS)
