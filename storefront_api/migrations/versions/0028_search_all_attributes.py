"""The search box finds what a listing says beside its columns too: its season, for whom it is, its style."""

from alembic import op

revision = "0028"
down_revision = "0027"

_COLUMNS = (
    "to_tsvector('simple', title || ' ' || description || ' ' || coalesce(colour, '') || ' ' || coalesce(material, '') "
    "|| ' ' || coalesce(occasion, ''))"
)
# The same expression as in storefront_api/catalog/repository.py: an index serves only the expression it was made for.
DOCUMENT = f"({_COLUMNS} || jsonb_to_tsvector('simple', attributes, '[\"string\"]'))"


def upgrade() -> None:
    op.execute("drop index shop.products_search")
    op.execute(f"create index products_search on shop.products using gin ({DOCUMENT})")


def downgrade() -> None:
    op.execute("drop index shop.products_search")
    op.execute(f"create index products_search on shop.products using gin ({_COLUMNS})")
