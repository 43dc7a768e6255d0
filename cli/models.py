"""`marketplace models`: the registry's versions, which of them serve, and changing that."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.progress import ExitStatus, Progress
from marketplace.vocabulary import ModelName

if TYPE_CHECKING:
    from models.registry import ModelRegistry, ModelVersion

app = typer.Typer(help="Registered models: champion and challenger, promotion, rollback, retraining.", no_args_is_help=True)

Name = Annotated[ModelName, typer.Argument(help="One of the models.")]
Version = Annotated[str, typer.Argument(help="A number from `models list`.")]
Reason = Annotated[str, typer.Option(help="Why; kept in the model's history beside who and when.")]
Json = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]


@app.command("list", epilog="Example: marketplace models list fraud --json")
def list_versions(
    name: Annotated[ModelName | None, typer.Argument(help="Only this model.")] = None, as_json: Json = False
) -> None:
    """Versions, newest first, with their aliases, figures, and what the promotion's checks said."""
    from cli.model_tables import print_json, print_versions, version_row

    registry = _registry()
    chosen = [name] if name else list(ModelName)
    rows = [version_row(registry, version) for model in chosen for version in registry.versions(model)]
    if as_json:
        print_json(rows)
        return
    print_versions(rows)
    for model in chosen:
        if refusal := registry.last_refusal(model):
            what = f"version {refusal.version}" if refusal.version else f"a challenger without a version (run {refusal.run_id})"
            typer.echo(f"last refused: {model} {what} at {refusal.at:%Y-%m-%d %H:%M}: {refusal.reason}")


@app.command(epilog="Example: marketplace models compare fraud 3 2 --json")
def compare(
    name: Name,
    first: Annotated[str | None, typer.Argument(help="A version; without it, the challenger.")] = None,
    second: Annotated[
        str | None,
        typer.Argument(help="What to compare it with; without it, the champion, or the one before if that is the first."),
    ] = None,
    measure: Annotated[bool, typer.Option(help="Measure both on the newest window now; a minute at most.")] = True,
    as_json: Json = False,
) -> None:
    """Two versions side by side, and their difference on the same newest window, by which a promotion is decided."""
    from cli.model_tables import print_comparison, print_json, version_row

    registry = _registry()
    pair = versions_to_compare(registry, name, first, second)
    rows = [version_row(registry, version) for version in pair]
    measured = _measured(registry, name, pair) if measure else {"difference": None, "not_measured": "not asked for"}
    if as_json:
        print_json({"model": name.value, "first": rows[0], "second": rows[1], **measured})
    else:
        print_comparison(name, rows, measured)


@app.command(epilog='Example: marketplace models promote fraud 3 --reason "fewer honest customers held"')
def promote(
    name: Name,
    version: Version,
    reason: Reason = "",
    even_if_refused: Annotated[bool, typer.Option("--even-if-refused", help="Overrule the checks.")] = False,
    as_json: Json = False,
) -> None:
    """Make a version the champion; the services take it over at their next look, within half a minute."""
    promoted = _registry().promote(name, version, reason=reason, even_if_refused=even_if_refused)
    _report(promoted, "is the champion now", as_json=as_json)


@app.command(epilog='Example: marketplace models rollback fraud --reason "holds every order from abroad"')
def rollback(name: Name, reason: Reason = "", as_json: Json = False) -> None:
    """Return to the champion before the present one; again, to the one before that."""
    _report(_registry().rollback(name, reason=reason), "is the champion again", as_json=as_json)


@app.command(epilog="Example: marketplace models history fraud")
def history(name: Name, as_json: Json = False) -> None:
    """Every change of champion: when, what, by whom, why."""
    from cli.model_tables import print_history, print_json

    moves = _registry().history(name)
    if as_json:
        import json

        print_json([json.loads(move.to_json()) for move in moves])
    else:
        print_history(name, moves)


@app.command(epilog="Example: marketplace models retrain fraud 3 --register")
def retrain(
    name: Name,
    version: Version,
    register: Annotated[bool, typer.Option("--register", help="Keep the result as a new version, the challenger.")] = False,
    as_json: Json = False,
) -> None:
    """Train a version again on the rows that it was trained on, and say whether the same came out; exit status 1 if not."""
    from cli.model_tables import print_json, print_reproduction
    from models.registry.reproduction import register_again, reproduce

    registry = _registry()
    progress = Progress()
    progress(f"{name.value} version {version}: fetching its rows, training and evaluating again")
    found = reproduce(registry, name, version)
    progress("done")
    registered = register_again(registry, found) if register else None
    if as_json:
        print_json(found.to_json() | {"registered": registered})
    else:
        print_reproduction(found, registered)
    if not found.is_equal:
        raise typer.Exit(ExitStatus.FAILED)


@app.command(epilog="Example: marketplace models prune fraud --dry-run")
def prune(
    name: Annotated[ModelName | None, typer.Argument(help="Only this model.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say which, delete nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Let go of the training rows of old versions; every run that trains does so too. Models and figures stay.

    Champion and challenger keep theirs, and so do the newest versions and the champions that served last, as many as
    MARKETPLACE_SNAPSHOTS__KEEP_VERSIONS and MARKETPLACE_SNAPSHOTS__KEEP_CHAMPIONS say.
    """
    from cli.model_tables import print_json
    from marketplace.settings import load_settings
    from models.registry import Retention

    keep, registry = load_settings().snapshots, _registry()
    retention = Retention(keep.keep_versions, keep.keep_champions)
    chosen = [name] if name else list(ModelName)
    act = registry.snapshots_to_let_go if dry_run else registry.let_go_of_snapshots
    found = {model.value: [version.version for version in act(model, retention)] for model in chosen}
    if as_json:
        print_json(found)
        return
    for model, versions in found.items():
        which = f"version{'s' if len(versions) > 1 else ''} {', '.join(versions)}" if versions else "no version"
        typer.echo(f"{model}: {which} {'would let' if dry_run else 'let'} go of training rows")


def _registry() -> "ModelRegistry":
    from marketplace.settings import load_settings
    from models.registry import ModelRegistry

    return ModelRegistry(load_settings().mlflow.url)


def versions_to_compare(
    registry: "ModelRegistry", name: ModelName, first: str | None, second: str | None
) -> "list[ModelVersion]":
    """Two different versions where there are two: after a promotion the challenger is the champion."""
    from models.registry.history import champions

    one = _chosen(registry, name, first, "challenger")
    other = _chosen(registry, name, second, "champion")
    if second is None and one.version == other.version:
        served = champions(registry.history(name), other.version)
        other = registry.version(name, served[-2]) if len(served) > 1 else other
    return [one, other]


def _chosen(registry: "ModelRegistry", name: ModelName, version: str | None, alias: str) -> "ModelVersion":
    """The version of that number, or the one with the alias."""
    from marketplace.errors import NotFoundError

    if version is not None:
        return registry.version(name, version)
    found = registry.resolve(name, alias)
    if found is None:
        raise NotFoundError(f"{name} has no {alias}; train one with `marketplace run --only {name}`, or name a version")
    return found


def _measured(registry: "ModelRegistry", name: ModelName, pair: "list[ModelVersion]") -> dict[str, Any]:
    """The paired difference as plain values, or why there is none."""
    from marketplace.errors import MarketplaceError
    from marketplace.settings import load_settings
    from pipelines.comparison import compare_on_newest_window

    try:
        return compare_on_newest_window(load_settings(), registry, name, *pair)
    except (MarketplaceError, ValueError, KeyError) as error:  # a version made for an earlier form of this code
        return {"difference": None, "not_measured": str(error)}


def _report(version: "ModelVersion", what: str, *, as_json: bool) -> None:
    from cli.model_tables import print_json

    if as_json:
        last = _registry().history(version.name)[-1:]
        print_json({"model": version.name, "champion": version.version, "previous": last[0].replaced if last else None})
    else:
        typer.echo(f"{version.name} version {version.version} {what}")
