"""How the catalogue writes a colour, material or occasion is found without reading the catalogue."""

from alembic import op

revision = "0024"
down_revision = "0023"

COLUMNS = ("colour", "material", "occasion")


def upgrade() -> None:
    for column in COLUMNS:
        # A hundred characters of it: an importer may have put a text there that is longer than what an index holds.
        op.execute(
            f"create index products_{column}_spelling on shop.products (lower(left({column}, 100)), left({column}, 100))"
            f" where {column} is not null"
        )


def downgrade() -> None:
    for column in COLUMNS:
        op.execute(f"drop index shop.products_{column}_spelling")
