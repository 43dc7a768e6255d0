"""`marketplace ingest`: the shop filled from a source."""

import json as json_format
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.progress import Progress

if TYPE_CHECKING:
    from pipelines.sources import LoadReport


def ingest(
    source: Annotated[str, typer.Argument(help="simulation or olist.")],
    path: Annotated[
        Path | None,
        typer.Option(help="Folder with the files; without it the simulation is made first.", exists=True, file_okay=False),
    ] = None,
    add: Annotated[bool, typer.Option("--add", help="Also when the marketplace holds another source.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the counts as JSON.")] = False,
) -> None:
    """Load a source into the shop; loading the same files twice changes nothing.

    Rows that do not fit go to quarantine with their reason, the rest of their file is kept. While the marketplace is
    down, its database is started for as long as it takes.
    Example: `marketplace ingest olist --path ~/data/olist`
    """
    from marketplace.local.control import running_parts
    from marketplace.settings import load_settings
    from pipelines.sources import ingest as load

    progress = Progress()
    with running_parts(load_settings(), {"postgres"}, report=progress) as settings:
        report = load(source, path, settings, add=add, progress=progress)
    if json:
        typer.echo(json_format.dumps(_as_dict(report), indent=2))
        return
    there = sum(table.already_there for table in report.tables.values())
    typer.echo(
        f"{source}: {report.inserted:,} rows loaded, {there:,} were there already, {report.quarantined:,} in quarantine "
        f"({progress.seconds:.1f} s)"
    )
    for (table, reason), count in sorted(report.reasons.items()):
        typer.echo(f"  quarantine: {count:,} of {table}: {reason}")


def _as_dict(report: "LoadReport") -> dict[str, object]:
    return {
        "source": report.facts.source,
        "data_until": report.facts.data_until.isoformat(),
        "tables": {
            name: {"inserted": table.inserted, "already_there": table.already_there, "quarantined": table.quarantined}
            for name, table in report.tables.items()
        },
        "quarantine": [
            {"object": table, "reason": reason, "rows": count} for (table, reason), count in sorted(report.reasons.items())
        ],
    }
