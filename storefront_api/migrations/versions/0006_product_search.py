"""The index behind the shop's search box."""

from alembic import op

revision = "0006"
down_revision = "0005"

# The same expression as in storefront_api/catalog/repository.py: an index serves only the expression it was made for.
DOCUMENT = (
    "to_tsvector('simple', title || ' ' || description || ' ' || coalesce(colour, '') || ' ' || coalesce(material, '') "
    "|| ' ' || coalesce(occasion, ''))"
)


def upgrade() -> None:
    op.execute(f"create index products_search on shop.products using gin ({DOCUMENT})")


def downgrade() -> None:
    op.execute("drop index shop.products_search")
