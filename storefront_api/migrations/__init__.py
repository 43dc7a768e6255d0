"""Alembic migrations of the operational schema `shop`, `raw_shop` and the tables that models write."""

from pathlib import Path


def migrate(sqlalchemy_url: str, revision: str = "head") -> None:
    """Bring the database up to `revision`, or down to it with `base` or an earlier one."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("sqlalchemy.url", sqlalchemy_url.replace("%", "%%"))
    go = command.downgrade if revision == "base" else command.upgrade
    go(config, revision)
