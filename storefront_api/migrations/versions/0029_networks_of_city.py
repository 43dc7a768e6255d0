"""A city is found among millions of networks: checkout asks where it lies."""

from alembic import op

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    op.execute("create index networks_of_city on shop.networks (country_code, lower(city)) where city is not null")


def downgrade() -> None:
    op.execute("drop index shop.networks_of_city")
