"""`marketplace fraud`: rule sets in files, checked and tried on history before anybody publishes them."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.progress import ExitStatus, Progress

app = typer.Typer(help="Fraud rules in files: check them, try them on history.", no_args_is_help=True)
rules = typer.Typer(help="Rule sets, as docs/fraud_rules.md describes them.", no_args_is_help=True)
app.add_typer(rules, name="rules")

File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A rule set as JSON.")]
Json = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]


@rules.command(epilog="Example: marketplace fraud rules check my_rules.json")
def check(file: File, as_json: Json = False) -> None:
    """Every mistake with its rule, its place, what came and what to do; exit status 1 if there is one."""
    from storefront_api.fraud_rules.service import check as checked

    found = checked(_document(file))
    if as_json:
        typer.echo(found.model_dump_json(indent=2))
    elif found.is_valid:
        typer.echo(f"{found.rule_count} rules over {len(found.facts)} facts: no mistake")
    for mistake in [] if as_json else found.mistakes:
        typer.echo(f"{f'rule {mistake.rule}, ' if mistake.rule else ''}{mistake.pointer or '/'}: {mistake.detail}", err=True)
    if not found.is_valid:
        raise typer.Exit(ExitStatus.FAILED)


@rules.command(epilog="Example: marketplace fraud rules backtest my_rules.json --days 90")
def backtest(
    file: File,
    days: Annotated[int | None, typer.Option(min=1, max=365, help="How far back; a year without it.")] = None,
    as_json: Json = False,
) -> None:
    """Precision, recall, money and volume on the shop's own history, by rule and together, beside the version at work."""
    import asyncio

    from marketplace.fraud_rules import read_rule_set
    from marketplace.local.control import running_parts
    from marketplace.local.parts import POSTGRES
    from marketplace.settings import load_settings

    rule_set = read_rule_set(_document(file))
    with running_parts(load_settings(), {POSTGRES}, report=Progress()) as settings:
        result = asyncio.run(_back_test(settings.database_url(), rule_set, days))
    if as_json:
        typer.echo(result.model_dump_json(indent=2))
        return
    if result.attempt_count == 0:
        typer.echo("no history: `marketplace run` builds the training set of payment attempts")
        return
    typer.echo(
        f"{result.attempt_count:,} attempts, {result.since:%Y-%m-%d} to {result.until:%Y-%m-%d}: what came of"
        f" {result.known_count:,} is known, {result.fraud_count:,} were fraud; money in {result.currency}"
    )
    typer.echo(f"{'':<28}{'stopped':>9}{'precision':>18}{'recall':>18}{'caught':>14}{'honest':>14}")
    _line("this set", result.set.stopped)
    _line("at work", result.at_work.stopped)
    for rule in result.rules:
        _line(f"  {rule.name}", rule.fires)


def _line(name: str, figures: Any) -> None:
    caught, honest = figures.caught_minor / 100, figures.insulted_minor / 100
    shares = "".join(
        f"{_share(*(getattr(figures, part + end) for end in ('', '_low', '_high'))):>18}" for part in ("precision", "recall")
    )
    typer.echo(f"{name:<28}{figures.count:>9,}{shares}{caught:>14,.2f}{honest:>14,.2f}")


def _share(value: float | None, low: float | None, high: float | None) -> str:
    return "–" if value is None else f"{value:.0%} ({low:.0%} to {high:.0%})"


async def _back_test(url: str, rule_set: Any, days: int | None) -> Any:
    from psycopg import AsyncConnection
    from psycopg.rows import dict_row

    from marketplace.fraud_rules import read_rule_set
    from marketplace.fraud_rules.back_test import back_test
    from storefront_api.fraud_rules.history import load_history
    from storefront_api.fraud_rules.service import version

    async with await AsyncConnection.connect(url, row_factory=dict_row) as connection:
        at_work = read_rule_set((await version(connection)).document)
        return back_test(rule_set, at_work, await load_history(connection, (rule_set, at_work), days=days))


def _document(file: Path) -> Any:
    from marketplace.errors import InvalidInputError

    try:
        return json.loads(file.read_text())
    except (ValueError, RecursionError) as error:
        raise InvalidInputError(f"{file} is no JSON: {error}") from None
