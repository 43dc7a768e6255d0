"""`marketplace status`: how each part does, where it is, what it takes; the database; the models."""

import json
from typing import Annotated, Any

import typer

from cli.progress import ExitStatus


def status(
    as_json: Annotated[bool, typer.Option("--json", help="For scripts: everything as one JSON object.")] = False,
    show_secrets: Annotated[bool, typer.Option(help="Show the database password also where it is hidden.")] = False,
) -> None:
    """Show each part's health, address, memory and restarts, the database, and the models that serve.

    The database password is hidden in the table, and in --json when the database is not the embedded one. Ends with
    0 when everything is healthy, 1 when something is not, 3 when nothing runs. Example: `marketplace status --json`
    """
    from marketplace.local.control import running_state
    from marketplace.local.inspection import inspect
    from marketplace.settings import load_settings

    settings = load_settings()
    if running_state(settings) is None:
        if as_json:
            typer.echo(json.dumps({"running": False, "healthy": False, "parts": []}))
        else:
            typer.echo("nothing runs here; start it with `marketplace up --detach`")
        raise typer.Exit(ExitStatus.NOT_RUNNING)
    report = inspect(settings, show_password=show_secrets, show_own_password=as_json)
    if as_json:
        typer.echo(json.dumps(report, indent=2))
    else:
        _print(report)
    if not report["healthy"]:
        raise typer.Exit(ExitStatus.FAILED)


def _print(report: dict[str, Any]) -> None:
    typer.echo(f"{'part':<18} {'health':<11} {'pid':>7} {'MB':>7} {'restarts':>8}  address")
    for part in report["parts"]:
        memory = f"{part['memory_mb']:.0f}" if part["memory_mb"] is not None else "-"
        health = typer.style(f"{part['health']:<11}", fg="green" if part["health"] == "healthy" else "red")
        typer.echo(
            f"{part['name']:<18} {health} {part['pid'] or '-':>7} {memory:>7} {part['restarts']:>8}  {part['address'] or ''}"
        )
        if part["detail"]:
            typer.echo(f"{'':<18} {part['detail']}")
    typer.echo(f"{'all together':<18} {'':<11} {'':>7} {report['memory_mb']:>7.0f}")
    typer.echo(f"\ndatabase  {report['database']['url']}")
    models = ", ".join(f"{name} {version or '(none yet)'}" for name, version in report["models"].items())
    typer.echo(f"models    {models or 'unknown: MLflow does not answer'}")
