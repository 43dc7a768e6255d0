"""`marketplace quarantine`: rows that did not fit, out to be corrected and in again."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.progress import ExitStatus, Progress

app = typer.Typer(help="Rows that did not fit: look at them, correct them, send them again.", no_args_is_help=True)

Source = Annotated[str | None, typer.Option(help="Only of this source, such as csv or storefront.")]
Object = Annotated[str | None, typer.Option("--object", help="Only meant for this file or table, such as orders.csv.")]
Reason = Annotated[str | None, typer.Option(help="Only with these words in their reason.")]
Resolved = Annotated[bool, typer.Option("--resolved", help="The history too: rows that were corrected since.")]
Json = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]


@app.command("list", epilog="Example: marketplace quarantine list --source csv --json")
def list_rows(
    source: Source = None,
    object_: Object = None,
    reason: Reason = None,
    resolved: Resolved = False,
    limit: Annotated[int, typer.Option(min=1, help="At most so many rows.")] = 50,
    as_json: Json = False,
) -> None:
    """Rows that wait, the newest first, without their contents."""
    from pipelines.sources import waiting

    with _database() as url:
        found = waiting.find(url, source=source, object_=object_, reason=reason, resolved=resolved)
    shown = [row.summary() for row in found[:limit]]
    if as_json:
        typer.echo(json.dumps(shown, indent=2, ensure_ascii=False))
        return
    for row in shown:
        state = f"{row['resolution']} {row['resolved_at'][:16]}" if row["resolution"] else f"seen {row['seen_count']}×"
        typer.echo(
            f"{row['quarantine_id']:>7}  {row['source']}/{row['object']}  {row['row_key'] or '–'}  {state}  {row['reason']}"
        )
    more = f" ({len(found) - limit:,} more: --limit)" if len(found) > limit else ""
    typer.echo(f"{len(found):,} rows{more}" if found else "no row waits in quarantine")


@app.command(epilog="Example: marketplace quarantine show 17")
def show(
    quarantine_id: Annotated[int, typer.Argument(help="A number from `quarantine list`.")],
    personal: Annotated[
        bool, typer.Option("--personal", help="Names, addresses and the like too; they are hidden else.")
    ] = False,
    as_json: Json = False,
) -> None:
    """One row: where it came from, why it waits, and its contents."""
    from marketplace.errors import NotFoundError
    from marketplace.personal_data import PERSONAL_FIELDS, hide_row
    from pipelines.sources import waiting

    with _database() as url:
        found = waiting.find(url, ids=[quarantine_id], resolved=True)
    if not found:
        raise NotFoundError(f"no row {quarantine_id} is in quarantine; `marketplace quarantine list` shows them")
    payload, context = found[0].payload, found[0].context
    if not personal:
        payload = hide_row(payload, found[0].object)
        if context and context.get("column") in PERSONAL_FIELDS:
            context = {name: value for name, value in context.items() if name != "came"}
    whole = found[0].summary() | {"context": context, "payload": payload}
    if as_json:
        typer.echo(json.dumps(whole, indent=2, ensure_ascii=False))
        return
    for name, value in whole.items():
        typer.echo(f"{name:<14} {json.dumps(value, indent=2, ensure_ascii=False) if isinstance(value, dict) else value}")


@app.command(epilog="Example: marketplace quarantine export bad.jsonl --source csv")
def export(
    file: Annotated[Path, typer.Argument(help="A new file ending in .jsonl, or in .csv for rows of one file or table.")],
    source: Source = None,
    object_: Object = None,
    reason: Reason = None,
) -> None:
    """The waiting rows with all their contents, readable by you alone, to be corrected and sent again."""
    from pipelines.sources import waiting

    with _database() as url:
        found = waiting.find(url, source=source, object_=object_, reason=reason)
    waiting.write(file, found)
    typer.echo(f"{len(found):,} rows in {file}; correct their payload, then `marketplace quarantine resend {file}`")


@app.command(epilog="Example: marketplace quarantine resend bad.jsonl")
def resend(
    file: Annotated[Path, typer.Argument(help="What `export` wrote, corrected.", exists=True, dir_okay=False)],
    path: Annotated[
        Path | None, typer.Option(help="The source's own folder, for rows of Olist's files.", file_okay=False)
    ] = None,
    as_json: Json = False,
) -> None:
    """Send corrected rows through the same checks again; those that fit are loaded, the others wait with their new reason."""
    from pipelines.sources import waiting
    from pipelines.sources.resending import resend as send

    with _database() as url:
        corrections = waiting.read(file, url)
        outcomes = send(url, corrections, by="command line", folder=path)
    still = [outcome for outcome in outcomes if not outcome.is_loaded]
    if as_json:
        typer.echo(json.dumps([_as_dict(outcome) for outcome in outcomes], indent=2, ensure_ascii=False))
    else:
        typer.echo(f"{len(outcomes) - len(still):,} of {len(outcomes):,} rows fit now and are in the shop")
        for outcome in still:
            where = "" if outcome.waits_as == outcome.quarantine_id else f" (waits as {outcome.waits_as})"
            typer.echo(f"  {outcome.quarantine_id}{where}: {outcome.reason}")
    if still:
        raise typer.Exit(ExitStatus.FAILED)


def _as_dict(outcome: Any) -> dict[str, Any]:
    return {
        "quarantine_id": outcome.quarantine_id,
        "is_loaded": outcome.is_loaded,
        "reason": outcome.reason,
        "waits_as": outcome.waits_as,
    }


def _database() -> Any:
    """The address of the running database, or of one started for as long as it takes."""
    from contextlib import contextmanager

    from marketplace.local.control import running_parts
    from marketplace.settings import load_settings

    @contextmanager
    def running() -> Any:
        with running_parts(load_settings(), {"postgres"}, report=Progress()) as settings:
            yield settings.database_url()

    return running()
