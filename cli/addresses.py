"""Where to look: the address of each page, who it is for, and a log-in per role."""

from contextlib import suppress

import typer

from cli.progress import heading
from marketplace.settings import Settings

_PAGES = (
    ("the shop", "/", "shoppers"),
    ("seller pages", "/seller", "sellers"),
    ("platform", "/platform", "administrators"),
    ("fraud console", "/fraud", "fraud analysts"),
    ("operations", "/ops", "operators (admin)"),
    ("API", "/docs", "developers"),
)


def print_addresses(settings: Settings) -> None:
    """Print the pages with their audiences, the libraries' own pages, and the demo log-ins that the shop has."""
    shop = f"http://{settings.storefront.host}:{settings.storefront.port}"
    heading("Addresses")
    rows = [(name, shop + path, who) for name, path, who in _PAGES]
    rows += [
        ("Dagster", settings.dagster.url, "data engineers: pipelines, checks, runs"),
        ("MLflow", settings.mlflow.url, "data scientists: models, versions, metrics"),
    ]
    for name, address, who in rows:
        typer.echo(f"  {name:<14} {address:<34} {who}")
    logins = demo_logins(settings)
    if logins:
        heading(f"Log-ins (password: {settings.demo_password.get_secret_value()})")
        for role, email, name in logins:
            typer.echo(f"  {role:<14} {email:<34} {name}")


def demo_logins(settings: Settings) -> list[tuple[str, str, str]]:
    """Role, e-mail and name of the demo accounts; none while the shop is empty."""
    import psycopg

    query = (
        "select role, email, full_name from shop.users where is_demo_account and is_active "
        "order by array_position(array['customer', 'seller', 'analyst', 'admin'], role), email"
    )
    with suppress(psycopg.Error), psycopg.connect(settings.database_url(), connect_timeout=3) as connection:
        return [(str(role), str(email), str(name)) for role, email, name in connection.execute(query)]
    return []
