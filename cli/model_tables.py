"""How `marketplace models` prints what the registry says."""

import json
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from models.registry import ModelRegistry, ModelVersion, Move
    from models.registry.reproduction import Reproduction

_TAGS = (
    "training_cutoff", "data_hash", "row_count", "git_commit", "feature_service", "primary_metric", "verdict", "judgement",
    "promoted_at", "rolled_back_at", "snapshot", "snapshot_let_go_at", "retrained_from",
)  # fmt: skip
_SHOWN_DIFFERENCES = 12


def version_row(registry: "ModelRegistry", version: "ModelVersion") -> dict[str, Any]:
    """One version as plain values."""
    return {
        "model": version.name,
        "version": version.version,
        "aliases": list(version.aliases),
        "created_at": version.created_at.isoformat(timespec="seconds"),
        **{tag: version.tags.get(tag) for tag in _TAGS},
        "metrics": registry.metrics(version),
    }


def print_json(value: Any) -> None:
    """Print plain values for a script."""
    typer.echo(json.dumps(value, indent=2))


def print_versions(rows: list[dict[str, Any]]) -> None:
    """Print a table of versions, or what to do without any."""
    if not rows:
        typer.echo("no version is registered yet; train the models with `marketplace run`")
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("model", "no.", "aliases", "trained until", "rows", "checks", "figure (over baseline)")
    for row in rows:
        table.add_row(
            row["model"],
            row["version"],
            "\n".join(row["aliases"]),
            (row["training_cutoff"] or "")[:10],
            row["row_count"] or "",
            row["verdict"] or "not judged",
            _primary(row),
        )
    Console().print(table)


def print_comparison(name: str, rows: list[dict[str, Any]], measured: dict[str, Any]) -> None:
    """Print the figures of two versions in two columns, and their paired difference below."""
    titles = [f"{' '.join(row['aliases']) or 'version'} {row['version']}" for row in rows]
    typer.echo(f"{name:40}" + "".join(f"{title:>16}" for title in titles))
    for metric in sorted({metric for row in rows for metric in row["metrics"]}):
        typer.echo(f"{metric:40}" + "".join(f"{_figure(row['metrics'].get(metric)):>16}" for row in rows))
    typer.echo("each as measured when it was trained, on its own newest window\n")
    difference = measured["difference"]
    if difference is None:
        typer.echo(f"not compared on one window: {measured['not_measured']}")
        return
    interval = f"{difference['value']:+.4f}, 95 % interval {difference['low']:+.4f} to {difference['high']:+.4f}"
    typer.echo(f"{titles[0]} minus {titles[1]} on the window until {measured['until']}: {interval} {difference['metric']}")
    allowed = "may" if measured["may_replace"] else "may not"
    typer.echo(f"by the promotion's rule the first {allowed} take the second's place (tolerance {measured['tolerance']})")


def print_history(name: str, moves: "list[Move]") -> None:
    """Print changes of champion, oldest first."""
    if not moves:
        typer.echo(f"{name} never had a champion that was promoted here")
    for move in moves:
        change = f"{move.replaced or '-'} -> {move.version}"
        typer.echo(f"{move.at:%Y-%m-%d %H:%M:%S}  {move.action:8}  {change:12}  {move.by}  {move.reason}".rstrip())


def print_reproduction(found: "Reproduction", registered: str | None) -> None:
    """Print whether a retrained version is equal, and what differs."""
    name = f"{found.version.name} version {found.version.version}"
    if found.is_equal:
        typer.echo(
            f"{name} trained again is equal: {found.file_count} files of the model to the byte, {found.figure_count} figures"
        )
    else:
        typer.echo(f"{name} trained again differs in {len(found.differences)} respects:")
        for difference in found.differences[:_SHOWN_DIFFERENCES]:
            typer.echo(f"  {difference.what:50} then {difference.then:>18}  now {difference.now:>18}")
        if len(found.differences) > _SHOWN_DIFFERENCES:
            typer.echo(f"  and {len(found.differences) - _SHOWN_DIFFERENCES} more; --json shows all")
    for change in found.surroundings:
        typer.echo(f"  changed since: {change.what}, then {change.then}, now {change.now}")
    if registered is not None:
        typer.echo(f"registered as version {registered}, the challenger; nobody has judged it")


def _primary(row: dict[str, Any]) -> str:
    """The figure by which the model is judged, and how far it lies above its baseline."""
    name, metrics = row["primary_metric"], row["metrics"]
    difference = f" ({metrics['difference']:+.3f})" if "difference" in metrics else ""
    return f"{name}\n{_figure(metrics.get(name))}{difference}" if name else "-"


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"
