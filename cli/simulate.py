"""`marketplace simulate`: a made-up marketplace as files."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from cli.progress import Progress


def simulate(
    customers: Annotated[int, typer.Option(min=50, help="How many people shop; products and sellers follow.")] = 2000,
    days: Annotated[int, typer.Option(min=14, help="Length of the window in days.")] = 120,
    seed: Annotated[int, typer.Option(help="Equal seeds give equal files, byte for byte.")] = 7,
    until: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The window ends before this UTC day; the last midnight if not said."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder to write; `.marketplace/simulation` if not said.")] = None,
) -> None:
    """Write a simulated marketplace: one Parquet file per shop table, and what was planted in `truth/`.

    Example: `marketplace simulate --customers 500 --until 2026-11-01 --out /tmp/small`
    """
    from marketplace.settings import load_settings
    from marketplace.simulation import generate, last_midnight

    progress = Progress()
    end = until.replace(tzinfo=UTC) if until else last_midnight(datetime.now(UTC))
    folder = out or load_settings().state_dir / "simulation"
    summary = generate(customers, days, seed, end, folder, progress)
    rows = summary.rows
    typer.echo(
        f"simulated {days} days until {end:%Y-%m-%d} in {folder}: {rows['users']:,} users, {rows['products']:,} products, "
        f"{rows['orders']:,} orders, {rows['events']:,} events"
    )
    typer.echo(f"load it with `marketplace ingest simulation --path {folder}`")
