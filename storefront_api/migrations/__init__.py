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


def is_current(database_url: str) -> bool:
    """Whether the database stands at the newest revision; asked without importing Alembic, which takes a second."""
    import psycopg

    newest = max(path.name.partition("_")[0] for path in (Path(__file__).parent / "versions").glob("[0-9]*.py"))
    with psycopg.connect(database_url) as connection:
        exists = connection.execute("select to_regclass('public.alembic_version')").fetchone()
        if exists is None or exists[0] is None:
            return False
        row = connection.execute("select version_num from public.alembic_version").fetchone()
    return row is not None and row[0] == newest
