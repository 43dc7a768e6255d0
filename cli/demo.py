"""`marketplace demo`: from nothing to a living marketplace, and what there is to see in it."""

import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from cli.progress import ExitStatus, Progress, heading

# The analysts' desk and the experiments show what the running shop did, and a shop just filled has done nothing yet.
_FIRST_VISITS = ("simulate", "--live", "60", "--minutes", "1", "--seed", "9")


def demo(
    detach: Annotated[bool, typer.Option("--detach", "-d", help="Come back when all is up, also in a terminal.")] = False,
) -> None:
    """Start everything, fill an empty shop with the simulation, run the pipeline once, let shoppers in, and say where to look.

    In a terminal it stays and ends everything with Ctrl-C; otherwise it comes back and leaves the marketplace running.
    Example: `marketplace demo`
    """
    from cli.addresses import print_addresses
    from marketplace.local.control import running_state, start_detached, stop
    from marketplace.local.inspection import champion_versions
    from marketplace.settings import load_settings

    stays = not detach and sys.stdin.isatty() and sys.stdout.isatty()
    progress = Progress()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        if running_state(load_settings()) is None:
            start_detached(load_settings(), report=progress)
        settings = load_settings()
        is_new = _is_empty(settings.database_url())
        if is_new:
            _verb(["ingest", "simulation"], progress, "filling the shop with the simulation")
        if not any(champion_versions(settings).values()):
            _verb(["run"], progress, "running the pipeline: warehouse, features, models")
        _wait_until_healthy(progress)
        if is_new:
            _verb(
                _FIRST_VISITS,
                progress,
                "simulated shoppers visit the running shop: the fraud desk gets cases, shelves impressions",
            )
        print_addresses(settings)
        _print_models(settings.database_url())
        typer.echo()
        if not stays:
            typer.echo("It runs on by itself. `marketplace status` looks at it, `marketplace down` (or `make down`) ends it.")
            return
        typer.echo("It runs until Ctrl-C; below is what happens to its parts.")
        _stay(progress)
    except KeyboardInterrupt:
        typer.echo(err=True)
        stop(load_settings(), report=progress)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _verb(words: Sequence[str], progress: Progress, what: str) -> None:
    """Run another verb in a process of its own, so that its memory is given back."""
    progress(what)
    done = subprocess.run([sys.executable, "-m", "cli.main", *words])
    if done.returncode not in (ExitStatus.OK, ExitStatus.REFUSED):  # a refused challenger leaves a living marketplace
        typer.secho(f"marketplace: `marketplace {' '.join(words)}` failed; the marketplace runs on", err=True, fg="red")
        raise typer.Exit(ExitStatus.FAILED)


def _is_empty(database_url: str) -> bool:
    import psycopg

    with psycopg.connect(database_url, connect_timeout=5) as connection:
        row = connection.execute("select exists (select from shop.products)").fetchone()
    return not (row and row[0])


def _wait_until_healthy(progress: Progress, patience: float = 60.0) -> None:
    """Champions are picked up by the services within their poll; say so if a part stays unwell."""
    from marketplace.local.inspection import inspect
    from marketplace.settings import load_settings

    deadline = time.monotonic() + patience
    while True:
        unwell = [part["name"] for part in inspect(load_settings())["parts"] if part["health"] != "healthy"]
        if not unwell:
            progress("every part is healthy")
            return
        if time.monotonic() > deadline:
            progress(f"not healthy: {', '.join(unwell)}; `marketplace status` says more")
            return
        time.sleep(1)


# What each model is judged by; the ops page and MLflow have every other figure.
PRIMARY_METRICS = {
    "recommendation": "ndcg_at_10",
    "fraud": "average_precision",
    "tagging": "macro_f1",
    "seller_analytics": "wape",
    "outlook": "spend_lift_at_10pct",
    "review_sentiment": "macro_f1",
}


def _print_models(database_url: str) -> None:
    """The newest evaluation of each model beside its baselines, in the metric that it is judged by."""
    import psycopg
    from psycopg.rows import dict_row

    query = """
        select model_name, model_version, method, is_served, metric, value, low, high
        from monitoring.model_evaluations
        join (
            select model_name, model_version, row_number() over (partition by model_name order by max(evaluated_at) desc) as age
            from monitoring.model_evaluations group by 1, 2
        ) as newest using (model_name, model_version)
        where age = 1 and value is not null
        order by model_name, metric, is_served desc, value desc
    """
    with psycopg.connect(database_url, row_factory=dict_row) as connection:
        rows = connection.execute(query).fetchall()
    rows = [row for row in rows if PRIMARY_METRICS.get(row["model_name"]) == row["metric"]]
    if not rows:
        return
    heading("Models beside their baselines, on the newest part of the data, which they had not seen")
    typer.echo(f"  {'model':<18} {'v':>3} {'metric':<24} {'method':<26} {'value':>9}   95 % interval")
    for row in rows:
        typer.echo(_model_line(row))


def _model_line(row: dict[str, Any]) -> str:
    interval = f"{row['low']:.4f} to {row['high']:.4f}" if row["low"] is not None and row["high"] is not None else ""
    name = f"{row['model_name']:<18} {row['model_version']:>3} {row['metric']:<24} {row['method']:<26}"
    line = f"  {name} {row['value']:>9.4f}   {interval}"
    return typer.style(line, bold=True) if row["is_served"] else line


def _stay(progress: Progress) -> None:
    """Follow the supervisor's log until it ends or somebody presses Ctrl-C."""
    from marketplace.local.control import follow, running_state
    from marketplace.settings import load_settings

    settings = load_settings()
    log = settings.state_dir / "logs" / "supervisor.log"
    seen = log.stat().st_size
    while running_state(settings) is not None:
        seen = follow(log, seen, progress)
        time.sleep(0.5)
    progress("it was ended from elsewhere")
