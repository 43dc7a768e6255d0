"""Analysts see who paid from the same connection: one IPv4 address, or the 64 bits of an IPv6 address that name its network."""

from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    op.execute(
        "create index payment_attempts_connection on shop.payment_attempts"
        " (network(set_masklen(ip_address, case family(ip_address) when 4 then 32 else 64 end)), attempted_at)"
    )


def downgrade() -> None:
    op.execute("drop index shop.payment_attempts_connection")
