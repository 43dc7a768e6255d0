"""`marketplace up`: every part of the marketplace, kept alive until Ctrl-C or `marketplace down`."""

from typing import Annotated

import typer

from cli.progress import ExitStatus, Progress


def up(
    detach: Annotated[bool, typer.Option("--detach", "-d", help="Come back when everything is up and leave it running.")] = False,
) -> None:
    """Start the whole marketplace: database, MLflow, Dagster, model services, relay, storefront.

    Without --detach it stays here and ends with Ctrl-C. Parts that die are started again; their logs lie in
    `.marketplace/logs/`. Example: `marketplace up --detach`
    """
    from cli.addresses import print_addresses
    from marketplace.local.control import start_detached, supervise
    from marketplace.settings import Settings, load_settings

    progress = Progress()

    def show(settings: Settings) -> None:
        print_addresses(settings)
        typer.echo("\nIt runs until Ctrl-C, or `marketplace down` from elsewhere.")

    if not detach:
        if not supervise(load_settings(), report=progress, on_up=show):
            raise typer.Exit(ExitStatus.FAILED)
        return
    state = start_detached(load_settings(), report=progress)
    print_addresses(load_settings())
    typer.echo("\nIt runs on by itself; `marketplace down` ends it.")
    if state.phase != "running":
        raise typer.Exit(ExitStatus.FAILED)
