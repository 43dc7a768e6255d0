"""`marketplace models`: the registry's versions, which of them serve, and changing that."""

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from marketplace.vocabulary import ModelName

if TYPE_CHECKING:
    from models.registry import ModelRegistry, ModelVersion

app = typer.Typer(help="Registered models: champion and challenger, promotion and rollback.", no_args_is_help=True)

Name = Annotated[ModelName, typer.Argument(help="One of the four models.")]
Json = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]
_TAGS = ("training_cutoff", "data_hash", "row_count", "git_commit", "feature_service", "promoted_at", "rolled_back_at")


@app.command("list", epilog="Example: marketplace models list fraud --json")
def list_versions(
    name: Annotated[ModelName | None, typer.Argument(help="Only this model.")] = None, as_json: Json = False
) -> None:
    """Versions, newest first, with their aliases and figures."""
    registry = _registry()
    rows = [_row(registry, version) for model in ([name] if name else list(ModelName)) for version in registry.versions(model)]
    if as_json:
        _print_json(rows)
    elif not rows:
        typer.echo("no version is registered yet; train the models with `marketplace run`")
    else:
        _print_table(rows)


@app.command(epilog="Example: marketplace models compare fraud --json")
def compare(name: Name, as_json: Json = False) -> None:
    """The figures of champion and challenger side by side, each as measured when it was trained."""
    from models.registry import Alias

    registry = _registry()
    found = {alias.value: registry.resolve(name, alias) for alias in Alias}
    figures = {alias: registry.metrics(version) if version else {} for alias, version in found.items()}
    versions = {alias: version.version if version else None for alias, version in found.items()}
    if as_json:
        _print_json({"model": name.value, "versions": versions, "metrics": figures})
        return
    typer.echo(f"{name.value:40}" + "".join(f"{alias} {version or '-':<6}  " for alias, version in versions.items()))
    for metric in sorted({metric for values in figures.values() for metric in values}):
        typer.echo(f"{metric:40}" + "".join(f"{_figure(values.get(metric)):>16}" for values in figures.values()))


@app.command(epilog="Example: marketplace models promote fraud 3")
def promote(
    name: Name, version: Annotated[str, typer.Argument(help="A version from `models list`.")], as_json: Json = False
) -> None:
    """Make a version the champion; the services take it over at their next look, within half a minute."""
    _report(_registry().promote(name, version), "is the champion now", as_json=as_json)


@app.command(epilog="Example: marketplace models rollback fraud")
def rollback(name: Name, as_json: Json = False) -> None:
    """Return to the champion before the present one."""
    _report(_registry().rollback(name), "is the champion again", as_json=as_json)


def _registry() -> "ModelRegistry":
    from marketplace.settings import load_settings
    from models.registry import ModelRegistry

    return ModelRegistry(load_settings().mlflow.url)


def _row(registry: "ModelRegistry", version: "ModelVersion") -> dict[str, Any]:
    return {
        "model": version.name,
        "version": version.version,
        "aliases": list(version.aliases),
        "created_at": version.created_at.isoformat(timespec="seconds"),
        **{tag: version.tags.get(tag) for tag in _TAGS},
        "metrics": registry.metrics(version),
    }


def _report(version: "ModelVersion", what: str, *, as_json: bool) -> None:
    if as_json:
        _print_json({"model": version.name, "champion": version.version, "previous": version.tags.get("previous_champion")})
    else:
        typer.echo(f"{version.name} version {version.version} {what}")


def _print_json(value: Any) -> None:
    typer.echo(json.dumps(value, indent=2))


def _print_table(rows: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("model", "version", "aliases", "trained until", "rows", "figures")
    for row in rows:
        own = [f"{name} {_figure(value)}" for name, value in sorted(row["metrics"].items()) if _is_own(name)]
        table.add_row(
            row["model"],
            row["version"],
            ", ".join(row["aliases"]),
            (row["training_cutoff"] or "")[:16],
            row["row_count"] or "",
            ", ".join(own[:3]),
        )
    Console().print(table)


def _is_own(metric: str) -> bool:
    """Whether a figure is the served method's own, not a baseline's and not a bound."""
    return "." not in metric and not metric.endswith(("_low", "_high"))


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"
