"""`marketplace ingest`: the shop filled from a source."""

import json as json_format
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.progress import ExitStatus, Progress

if TYPE_CHECKING:
    from pipelines.sources import LoadReport


_MOST_UNUSUAL = 20


def ingest(
    source: Annotated[str, typer.Argument(help="simulation, olist, online-retail or csv (a shop's own files).")],
    path: Annotated[
        Path | None,
        typer.Option(help="Folder with the files (or the one file); without it the simulation is made first.", exists=True),
    ] = None,
    template: Annotated[
        Path | None,
        typer.Option(help="Write empty files with one example row each into this folder, for `csv`.", file_okay=False),
    ] = None,
    check_only: Annotated[
        bool, typer.Option("--check-only", help="Check every row and say what is wrong; write nothing. Fails if anything is.")
    ] = False,
    add: Annotated[bool, typer.Option("--add", help="Also when the marketplace holds another source.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the counts as JSON.")] = False,
) -> None:
    """Load a source into the shop; loading the same files twice changes nothing, a row with news restates its own.

    Rows that do not fit go to quarantine with their reason (`marketplace quarantine`), the rest of their file is kept. While
    the marketplace is down, its database is started for as long as it takes.
    Example: `marketplace ingest csv --template my_shop`, fill the files in, then
    `marketplace ingest csv --path my_shop --check-only`
    """
    from marketplace.errors import InvalidInputError
    from marketplace.local.control import running_parts
    from marketplace.settings import load_settings

    if template is not None:
        if source != "csv":
            raise InvalidInputError(f"only `ingest csv` has a template, not {source}")
        from pipelines.sources.csv_shop import write_template

        for written in write_template(template):
            typer.echo(written)
        return
    from pipelines.sources import ingest as load

    progress = Progress()
    with running_parts(load_settings(), {"postgres"}, report=progress) as settings:
        report = load(source, path, settings, add=add, check_only=check_only, progress=progress)
    if json:
        typer.echo(json_format.dumps(_as_dict(report) | {"is_check_only": check_only}, indent=2))
    else:
        _print(source, report, seconds=progress.seconds, check_only=check_only)
    if check_only and report.quarantined:
        raise typer.Exit(ExitStatus.FAILED)


def _print(source: str, report: "LoadReport", *, seconds: float, check_only: bool) -> None:
    there = sum(table.already_there for table in report.tables.values())
    kept = sum(table.kept for table in report.tables.values())
    done, aside = ("would be loaded", "would go to quarantine") if check_only else ("loaded", "in quarantine")
    restated = f"{report.restated:,} restated, " if report.restated else ""
    typer.echo(
        f"{source}: {report.inserted:,} rows {done}, {restated}{there:,} were there already, {report.quarantined:,} {aside} "
        f"({seconds:.1f} s)"
    )
    if kept:
        typer.echo(f"  {kept:,} rows came with other values, but the shop has changed them itself since: they stay as they are")
    for (table, reason), count in sorted(report.reasons.items()):
        typer.echo(f"  quarantine: {count:,} of {table}: {reason}")
    for sentence, products in list(report.unusual.items())[:_MOST_UNUSUAL]:
        some = ", ".join(products[:3]) + (" and so on" if len(products) > 3 else "")
        typer.echo(f"  kept as it is, but unusual: {len(products):,} of products: {sentence} ({some})")
    for example in report.examples if check_only else []:
        where = f"{example.file}, line {example.line}" + (f", column {example.column}" if example.column else "")
        came = f" came {example.came!r};" if example.came is not None else ""
        typer.echo(f"  {where}:{came} {example.reason}")
    if check_only:
        typer.echo("nothing was written" + ("" if report.quarantined else ": every row fits"))
    elif report.quarantined:
        typer.echo("  look at them with `marketplace quarantine list`")


def _as_dict(report: "LoadReport") -> dict[str, object]:
    return {
        "source": report.facts.source,
        "data_until": report.facts.data_until.isoformat(),
        "tables": {
            name: {
                "inserted": table.inserted,
                "restated": table.restated,
                "already_there": table.already_there,
                "kept": table.kept,
                "quarantined": table.quarantined,
            }
            for name, table in report.tables.items()
        },
        "quarantine": [
            {"object": table, "reason": reason, "rows": count} for (table, reason), count in sorted(report.reasons.items())
        ],
        "unusual": [{"what": sentence, "products": products} for sentence, products in report.unusual.items()],
        "examples": [
            {"file": one.file, "line": one.line, "column": one.column, "came": one.came, "reason": one.reason}
            for one in report.examples
        ],
    }
