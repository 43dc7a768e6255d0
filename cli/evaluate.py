"""`marketplace evaluate`: our models beside plain baselines on a table that the user brings."""

import json
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from cli.progress import ExitStatus, Progress
from marketplace.errors import EmptyTrainingSetError, InvalidInputError, MissingColumnsError

if TYPE_CHECKING:
    from models.own_table.report import Report


class Tasks(TyperGroup):
    """The group of tasks; a table that cannot be used ends in one line and the exit status of wrong usage."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except (InvalidInputError, MissingColumnsError, EmptyTrainingSetError) as error:
            typer.secho(f"marketplace evaluate: {error}", err=True, fg="red")
            raise typer.Exit(ExitStatus.USAGE) from None


app = typer.Typer(
    cls=Tasks,
    help="Our models beside plain baselines on any table of yours: CSV or Parquet, .gz allowed.",
    no_args_is_help=True,
)

Json = Annotated[bool, typer.Option("--json", help="Print the report as JSON.")]
Seed = Annotated[int, typer.Option(help="Equal seeds give equal figures.")]


def answer(evaluate: "Callable[[Callable[[str], None]], Report]", *, as_json: bool) -> None:
    """Run one task and print its report; what goes on meanwhile goes to standard error."""
    # Before numpy is loaded: threads that wait for each other make small models slower.
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(variable, "1")
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    progress = Progress()
    report = evaluate(progress)
    if as_json:
        typer.echo(json.dumps(report.as_dict(), indent=2, allow_nan=False))
    else:
        _print(report.as_dict())


def _print(report: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    data = report["data"]
    typer.echo(f"{report['task']}: {data['rows']:,} rows came, {data['rejected']:,} left out")
    for reason, count in data["rejected_by_reason"].items():
        typer.echo(f"  left out: {count:,} × {reason} ({data['rejected_examples'].get(reason, 'rule over several columns')})")
    for name, value in data.items():
        if name not in ("rows", "rejected", "notes") and not name.startswith("rejected_"):
            typer.echo(f"  {name.replace('_', ' ')}: " + (f"{value:,}" if isinstance(value, int) else str(value)))
    metrics = list(dict.fromkeys(name for model in report["models"] for name in model["metrics"]))
    table = Table("model", *metrics, "train CPU s", "peak MB", show_lines=True)
    for model in report["models"]:
        table.add_row(
            f"{model['name']}{' *' if model['served'] else ''}",
            *(_figure(model["metrics"].get(name)) for name in metrics),
            f"{model['train_cpu_s']:.2f}",
            f"{model['peak_mb']:,.0f}",
        )
    console = Console()
    # Piped into a file, the table keeps its width.
    console.print(table, width=None if console.is_terminal else 60 + 22 * len(metrics), soft_wrap=not console.is_terminal)
    typer.echo("* is what the platform serves")
    for note in data["notes"]:
        typer.echo(f"note: {note}")


def _figure(metric: dict[str, float | None] | None) -> str:
    if metric is None or metric["value"] is None:
        return "-"
    if metric["low"] is None or metric["high"] is None:
        return f"{metric['value']:.4f}"
    return f"{metric['value']:.4f}\n[{metric['low']:.4f}, {metric['high']:.4f}]"
