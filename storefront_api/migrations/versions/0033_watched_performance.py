"""How well a model does is watched too: its estimated figures beside mature windows', and realised ones beside estimates."""

from alembic import op

revision = "0033"
down_revision = "0032"

TABLES = ("drift", "alerts", "deliveries")
BEFORE = "'inputs', 'decisions', 'impressions'"
NOW = f"{BEFORE}, 'estimates', 'realised'"


def _streams(names: str) -> None:
    for table in TABLES:
        op.execute(
            f"alter table monitoring.{table} drop constraint {table}_stream_check,"
            f" add constraint {table}_stream_check check (stream in ({names}))"
        )


def upgrade() -> None:
    _streams(NOW)
    op.execute(
        "comment on column monitoring.drift.stream is"
        " 'what a model reads, what it decided live, what was shown of it, how well it is estimated to do and realised'"
    )


def downgrade() -> None:
    for table in ("deliveries", "alerts", "drift"):
        op.execute(f"delete from monitoring.{table} where stream in ('estimates', 'realised')")
    _streams(BEFORE)
