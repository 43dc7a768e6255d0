"""The three databases of a marketplace on whichever server it uses: made when missing, emptied by `reset`."""

from typing import Literal
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from marketplace.errors import SettingsError
from marketplace.settings import Settings

Name = Literal["marketplace", "mlflow", "dagster"]
OLDEST_SERVER = 15  # checked end to end
NAMES: tuple[Name, ...] = ("marketplace", "mlflow", "dagster")


def create_missing(settings: Settings) -> None:
    """Make those of the three databases that do not exist.

    Raises:
        SettingsError: the server does not answer or is too old, or a database is missing and we may not create it.
    """
    for name in NAMES:
        url = settings.database_url(name)
        try:
            with psycopg.connect(url, connect_timeout=5) as connection:
                refuse_old_server(connection.info.server_version, url)
        except psycopg.OperationalError as error:
            if "does not exist" not in str(error):
                raise SettingsError(f"the database at {masked(url)} does not answer: {_first_line(error)}") from error
            _create(url)


def refuse_old_server(version: int, url: str) -> None:
    """Nothing; `version` is libpq's number, 150018 for 15.18.

    Raises:
        SettingsError: the server is older than those that the marketplace was tried on.
    """
    if version // 10_000 < OLDEST_SERVER:
        found = f"{version // 10_000}.{version % 10_000}"
        raise SettingsError(f"{masked(url)} is Postgres {found}; the marketplace needs {OLDEST_SERVER} or newer")


def empty(settings: Settings) -> None:
    """Drop everything in the three databases; whoever is connected is disconnected."""
    for name in NAMES:
        with psycopg.connect(settings.database_url(name), autocommit=True, connect_timeout=5) as connection:
            connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() "
                "and pid <> pg_backend_pid() and backend_type = 'client backend' and usename = current_user"
            )
            schemas = connection.execute(
                "select nspname from pg_namespace where nspname not like 'pg\\_%' and nspname <> 'information_schema'"
            ).fetchall()
            connection.execute("set lock_timeout = '20s'")
            for (schema,) in schemas:
                connection.execute(sql.SQL("drop schema {} cascade").format(sql.Identifier(schema)))
            connection.execute("create schema public")


def masked(url: str) -> str:
    """`url` with its password hidden: fit for a screen and a log."""
    parts = urlsplit(url)
    if parts.password is None:
        return url
    netloc = f"{parts.username}:***@{parts.hostname}" + (f":{parts.port}" if parts.port else "")
    return urlunsplit(parts._replace(netloc=netloc))


def _create(url: str) -> None:
    parts = urlsplit(url)
    database = parts.path.lstrip("/")
    try:
        with psycopg.connect(urlunsplit(parts._replace(path="/postgres")), autocommit=True, connect_timeout=5) as connection:
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(database)))
    except psycopg.errors.DuplicateDatabase:
        return
    except psycopg.Error as error:
        raise SettingsError(
            f"database {database!r} does not exist and cannot be created ({_first_line(error)}); create it, or name another "
            "with MARKETPLACE_DATABASE__MLFLOW_URL or MARKETPLACE_DATABASE__DAGSTER_URL"
        ) from error


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
