"""`marketplace networks`: where addresses of the internet stand."""

from pathlib import Path
from typing import Annotated

import typer

from cli.progress import Progress


def networks(
    path: Annotated[
        Path, typer.Argument(help="CSV of a DB-IP country or city table, .csv or .csv.gz.", exists=True, dir_okay=False)
    ],
) -> None:
    """Load where addresses of the internet stand, which tells fraud how far a buyer is from where goods go.

    Without it the country and distance of a connection are unknown, and count neither for nor against anybody. The file is yours
    to get and to licence (db-ip.com gives small ones away); loading a newer one replaces it.
    Example: `marketplace networks dbip-city-lite-2026-11.csv.gz`
    """
    from marketplace.local.control import running_parts
    from marketplace.settings import load_settings
    from pipelines.sources.networks import load_networks

    progress = Progress()
    with running_parts(load_settings(), {"postgres"}, report=progress) as settings:
        loaded = load_networks(path, settings.database_url())
    left_out = f", {loaded.left_out:,} lines left out (the first: {loaded.first_left_out})" if loaded.left_out else ""
    typer.echo(f"{loaded.networks:,} networks{left_out} ({progress.seconds:.1f} s)")
