"""`marketplace simulate`: a made-up marketplace as files, or living shoppers on the running one."""

import json as json_format
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.progress import Progress
from marketplace.errors import InvalidInputError

if TYPE_CHECKING:
    from marketplace.simulation.live import Report

_FILES, _LIVING = "Files", "Living shoppers"
_CUSTOMERS, _DAYS = 2000, 120


def simulate(
    customers: Annotated[
        int | None, typer.Option(min=50, help="How many people shop.", show_default=str(_CUSTOMERS), rich_help_panel=_FILES)
    ] = None,
    days: Annotated[
        int | None, typer.Option(min=14, help="Length of the window in days.", show_default=str(_DAYS), rich_help_panel=_FILES)
    ] = None,
    products: Annotated[
        int | None, typer.Option(min=1, help="How many products; one for four customers if not said.", rich_help_panel=_FILES)
    ] = None,
    sellers: Annotated[
        int | None, typer.Option(min=1, help="How many sellers; one for thirty customers if not said.", rich_help_panel=_FILES)
    ] = None,
    visits_per_day: Annotated[
        float | None, typer.Option(help="Visits of a customer in a day; 0.4 if not said.", rich_help_panel=_FILES)
    ] = None,
    until: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            help="The window ends before this UTC day; the last midnight if not said.",
            rich_help_panel=_FILES,
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder to write; `.marketplace/simulation` if not said.", rich_help_panel=_FILES)
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Equal seeds give equal files, byte for byte, and equal shoppers.")] = 7,
    live: Annotated[
        int | None,
        typer.Option(min=1, max=5000, help="Write no files: so many shoppers visit the running shop.", rich_help_panel=_LIVING),
    ] = None,
    minutes: Annotated[
        float | None, typer.Option(min=0.01, help="How long they live; until Ctrl-C if not said.", rich_help_panel=_LIVING)
    ] = None,
    rate: Annotated[
        float | None,
        typer.Option(
            min=1,
            help="Requests a minute of all together, within the shop's limits; 15 for each if not said.",
            rich_help_panel=_LIVING,
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print what they did as JSON.", rich_help_panel=_LIVING)] = False,
) -> None:
    """Write a simulated marketplace (a Parquet file per shop table, what was planted in `truth/`), or let shoppers live.

    Example: `marketplace simulate --customers 500 --until 2026-11-01 --out /tmp/small`, or `marketplace simulate --live 40`
    """
    sizes = {"customers": customers, "days": days, "products": products, "sellers": sellers, "visits-per-day": visits_per_day}
    if live is None:
        _refuse({"minutes": minutes, "rate": rate, "json": json or None}, "belongs to --live N")
        _write(sizes, until=until, out=out, seed=seed)
        return
    _refuse(sizes | {"until": until, "out": out}, "shapes files, and --live writes none")
    _live(live, seed=seed, minutes=minutes, rate=rate, as_json=json)


def _refuse(options: dict[str, object | None], why: str) -> None:
    """Raise where an option was given that does not fit the others."""
    if given := [f"--{name}" for name, value in options.items() if value is not None]:
        raise InvalidInputError(f"{', '.join(given)} {why}; leave it out")


def _write(sizes: dict[str, int | float | None], *, until: datetime | None, out: Path | None, seed: int) -> None:
    from marketplace.settings import load_settings
    from marketplace.simulation import generate, last_midnight
    from marketplace.simulation.config import VISITS_PER_DAY

    progress = Progress()
    days = int(sizes["days"] or _DAYS)
    end = until.replace(tzinfo=UTC) if until else last_midnight(datetime.now(UTC))
    folder = out or load_settings().state_dir / "simulation"
    summary = generate(
        int(sizes["customers"] or _CUSTOMERS),
        days,
        seed,
        end,
        folder,
        progress,
        products=int(sizes["products"] or 0),
        sellers=int(sizes["sellers"] or 0),
        visits_per_day=VISITS_PER_DAY if sizes["visits-per-day"] is None else sizes["visits-per-day"],
    )
    rows = summary.rows
    typer.echo(
        f"simulated {days} days until {end:%Y-%m-%d} in {folder}: {rows['users']:,} users, {rows['products']:,} products, "
        f"{rows['orders']:,} orders, {rows['events']:,} events"
    )
    typer.echo(f"load it with `marketplace ingest simulation --path {folder}`")


def _live(shoppers: int, *, seed: int, minutes: float | None, rate: float | None, as_json: bool) -> None:
    from marketplace.settings import load_settings
    from marketplace.simulation.live import live

    report = live(load_settings(), shoppers, seed=seed, minutes=minutes, rate=rate, progress=Progress())
    if as_json:
        typer.echo(json_format.dumps(report.as_dict(), indent=2))
    else:
        _print(report)


def _print(report: "Report") -> None:
    did = f"{report.visits:,} visits, {report.requests:,} requests, {report.events:,} events, {report.carts:,} goods into carts"
    typer.echo(f"{report.shoppers:,} simulated shoppers in {report.seconds:.0f} s: {did}")
    for what, counts in (("orders", report.orders), ("refused by the shop", report.refusals), ("errors", report.errors)):
        each = ", ".join(f"{count:,} {name}" for name, count in counts.most_common())
        typer.echo(f"  {what}: {sum(counts.values()):,}" + (f" ({each})" if each else ""))
    typer.echo(f"  asked again: {report.retries:,}")
    typer.echo(f"  answers in: {report.percentile(50):.0f} ms (median), {report.percentile(95):.0f} ms (95 %)")
