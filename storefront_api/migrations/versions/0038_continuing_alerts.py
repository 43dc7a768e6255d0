"""An alert keeps its name when late rows let another column lead it or another window open it, and so do its deliveries."""

from alembic import op

revision = "0038"
down_revision = "0037"

_FOREIGN_KEY = "deliveries_model_name_stream_feature_window_start_fkey"
_KEY = "(model_name, stream, feature, window_start)"
# Until now the name was a hash of what may change from now on: those that are open go on under the name that was told.
_AS_TOLD = """
update monitoring.alerts set alert_id = left(encode(sha256(convert_to(
    concat_ws(' ', model_name, stream, feature, {window_start}, {raised_at}), 'UTF8')), 'hex'), 32)
"""


def upgrade() -> None:
    op.execute(
        "alter table monitoring.alerts add column alert_id text not null unique default replace(gen_random_uuid()::text, '-', '')"
    )
    op.execute("comment on column monitoring.alerts.alert_id is 'what receivers know it by, from its beginning to its end'")
    op.execute(_AS_TOLD.format(window_start=_iso("window_start"), raised_at=_iso("raised_at")))
    op.execute(f"alter table monitoring.deliveries drop constraint {_FOREIGN_KEY}")
    op.execute(
        f"alter table monitoring.deliveries add constraint {_FOREIGN_KEY}"
        f" foreign key {_KEY} references monitoring.alerts {_KEY} on delete cascade on update cascade"
    )


def downgrade() -> None:
    op.execute(f"alter table monitoring.deliveries drop constraint {_FOREIGN_KEY}")
    op.execute(
        f"alter table monitoring.deliveries add constraint {_FOREIGN_KEY}"
        f" foreign key {_KEY} references monitoring.alerts {_KEY} on delete cascade"
    )
    op.execute("alter table monitoring.alerts drop column alert_id")


def _iso(column: str) -> str:
    """An instant as Python's `isoformat` writes it in UTC: microseconds only where there are any."""
    instant = f"{column} at time zone 'UTC'"
    micros = f"case when date_trunc('second', {column}) = {column} then '' else to_char({instant}, '.US') end"
    return f"to_char({instant}, 'YYYY-MM-DD\"T\"HH24:MI:SS') || {micros} || '+00:00'"
