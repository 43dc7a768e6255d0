"""`marketplace experiment`: try the challenger on visitors, and read what came of it."""

import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from cli.progress import Progress
from marketplace.vocabulary import ExperimentKind

if TYPE_CHECKING:
    from psycopg import AsyncConnection
    from psycopg.rows import DictRow

    from storefront_api.experiments.schemas import ExperimentSummary

app = typer.Typer(help="Experiments on the shelf for you: A/B or interleaving, started, stopped, read.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]
Id = Annotated[str, typer.Argument(help="An id from `experiment list`.")]
Found = TypeVar("Found")


@app.command(epilog='Example: marketplace experiment start "two-stage ranker" --share 0.2')
def start(
    title: Annotated[str, typer.Argument(help="What is tried, in words.")],
    kind: Annotated[ExperimentKind, typer.Option(help="One version each, or all a list of both.")] = ExperimentKind.AB,
    share: Annotated[float, typer.Option(min=0.01, max=0.99, help="The challenger's share of the visitors.")] = 0.5,
    as_json: Json = False,
) -> None:
    """Champion against challenger from now on; one experiment at a time."""
    from datetime import UTC, datetime

    from marketplace.contracts.recommendation import Variant
    from storefront_api.experiments import service
    from storefront_api.experiments.schemas import ArmSettings, ExperimentStart

    arms = [
        ArmSettings(name="champion", variant=Variant.CHAMPION, share=1 - share),
        ArmSettings(name="challenger", variant=Variant.CHALLENGER, share=share),
    ]
    wanted = ExperimentStart(title=title, kind=kind, arms=arms)
    started = _ask(lambda shop: service.start(shop, wanted, by="command line", now=datetime.now(UTC)))
    _report([started], as_json=as_json)


@app.command(epilog='Example: marketplace experiment stop exp_1f0c --reason "the challenger sells more"')
def stop(
    experiment_id: Id,
    reason: Annotated[str, typer.Option(help="Why; kept with the experiment.")],
    as_json: Json = False,
) -> None:
    """Everybody is answered by the champion again."""
    from datetime import UTC, datetime

    from storefront_api.experiments import service

    now = datetime.now(UTC)
    _report([_ask(lambda shop: service.stop(shop, experiment_id, by="command line", reason=reason, now=now))], as_json=as_json)


@app.command("list", epilog="Example: marketplace experiment list --json")
def list_experiments(as_json: Json = False) -> None:
    """Experiments, the running one first, with what the last run of the pipeline measured."""
    from storefront_api.experiments import service

    _report(_ask(service.experiments), as_json=as_json)


@app.command(epilog="Example: marketplace experiment estimate 7 --json")
def estimate(
    version: Annotated[str | None, typer.Argument(help="A version of recommendation; without it, the challenger.")] = None,
    as_json: Json = False,
) -> None:
    """What a version would have earned on the explored place, by the log of what was drawn there, beside the champion."""
    from cli.models import versions_to_compare
    from marketplace.local.control import running_parts
    from marketplace.settings import load_settings
    from marketplace.vocabulary import ModelName
    from marketplace.warehouse import Warehouse
    from models.registry import ModelRegistry
    from pipelines.off_policy import estimate_versions, logged_draws

    with running_parts(load_settings(), {"postgres", "mlflow"}, report=Progress()) as settings:
        registry = ModelRegistry(settings.mlflow.url)
        wanted, champion = versions_to_compare(registry, ModelName.RECOMMENDATION, version, None)
        models = {
            f"version {one.version}": registry.load_version(one, cache_dir=settings.state_dir / "models")
            for one in (champion, wanted)
        }
        figures = estimate_versions(logged_draws(Warehouse(settings.database_url())), models)
    if as_json:
        typer.echo(figures.to_json(orient="records", indent=2))
        return
    for figure in figures.astype(object).where(figures.notna(), None).itertuples(index=False):
        typer.echo(f"{figure.arm:<12} {figure.metric:<18} {_words(figure.value)}{_interval(figure)}")


def _report(experiments: "list[ExperimentSummary]", *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps([one.model_dump(mode="json") for one in experiments], indent=2, ensure_ascii=False))
        return
    if not experiments:
        typer.echo('no experiment yet; `marketplace experiment start "what is tried"` starts one')
    for one in experiments:
        until = f"to {one.stopped_at:%Y-%m-%d %H:%M}: {one.stop_reason}" if one.stopped_at else "running"
        typer.echo(f"{one.experiment_id}  {one.title}  ({one.kind})  from {one.started_at:%Y-%m-%d %H:%M} {until}")
        exposed = ", ".join(f"{arm} {count:,}" for arm, count in sorted(one.exposures.items())) or "nobody"
        typer.echo(f"  exposed so far: {exposed}")
        for figure in one.figures:
            typer.echo(f"  {figure.arm or 'all':<12} {figure.metric:<32} {_words(figure.value)}{_interval(figure)}")


def _interval(figure: Any) -> str:
    interval = f"  {_words(figure.low)} to {_words(figure.high)}" if figure.low is not None else ""
    return interval + (f"  p = {figure.p_value:.3g}" if figure.p_value is not None else "")


def _words(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def _ask(question: "Callable[[AsyncConnection[DictRow]], Awaitable[Found]]") -> "Found":
    """The answer of the running database, or of one started for as long as it takes."""
    import asyncio

    from psycopg import AsyncConnection
    from psycopg.rows import dict_row

    from marketplace.local.control import running_parts
    from marketplace.settings import load_settings

    async def answer(url: str) -> Found:
        async with await AsyncConnection.connect(url, row_factory=dict_row) as shop:
            return await question(shop)

    with running_parts(load_settings(), {"postgres"}, report=Progress()) as settings:
        return asyncio.run(answer(settings.database_url()))
