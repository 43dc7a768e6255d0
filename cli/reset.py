"""`marketplace reset`: an empty marketplace, as after the very first start."""

import shutil
from contextlib import nullcontext
from typing import Annotated

import typer

from cli.progress import Progress

_WRITTEN = ("mlflow", "models", "feast", "simulation", "bentoml", "predictions")


def reset(
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Empty this marketplace: shop, warehouse, features, models, runs. There is no way back.

    While it is up, its parts stop for the moment and come back by themselves. Example: `marketplace reset --yes`
    """
    from marketplace.local.control import held, running_parts, running_state
    from marketplace.local.databases import create_missing, empty, masked
    from marketplace.local.parts import POSTGRES
    from marketplace.settings import load_settings

    settings = load_settings()
    if not yes:
        server = masked(settings.database_url()) if settings.database.url.get_secret_value() else "the embedded database"
        typer.confirm(
            f"This deletes all of {server}, with its MLflow and Dagster databases, and the files of models. Go on?", abort=True
        )
    progress = Progress()
    state = running_state(settings)
    with running_parts(settings, {POSTGRES}, report=progress) as settings:
        writers = set(state.parts) - {POSTGRES} if state else set()
        if writers:
            progress("stopping what writes")
        with held(settings, writers) if writers else nullcontext():
            create_missing(settings)
            empty(settings)
            for name in _WRITTEN:
                shutil.rmtree(settings.state_dir / name, ignore_errors=True)
            shutil.rmtree(settings.state_dir / "dagster" / "storage", ignore_errors=True)
            progress("the databases are empty")
            if writers:
                progress("starting it again")
    progress("reset; fill it with `marketplace ingest` or `marketplace demo`")
