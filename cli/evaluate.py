"""`marketplace evaluate`: our models beside plain baselines on a table that the user brings."""

import json
import os
import sys
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from pathlib import Path
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


@app.command(
    epilog="Example: marketplace evaluate recommendation --interactions orders.csv --customer customer_id --product sku "
    "--time ordered_at --test-days 28 --new-items-only"
)
def recommendation(
    interactions: Annotated[list[Path], typer.Option(help="One row per view, cart or purchase; repeat it for several parts.")],
    customer: Annotated[str, typer.Option(help="Column of the customer.")],
    product: Annotated[str, typer.Option(help="Column of the product.")],
    time: Annotated[str, typer.Option(help="Column of the time: dates, ISO times, or seconds since 1970 in any unit.")],
    test_days: Annotated[int, typer.Option(help="The last calendar days (UTC) of the table are the test.")],
    weight: Annotated[str | None, typer.Option(help="Column that says how much a row counts, above 0.")] = None,
    text: Annotated[str | None, typer.Option(help="Column with the product's title; adds the content model.")] = None,
    new_items_only: Annotated[bool, typer.Option("--new-items-only", help="Nothing that the customer had before.")] = False,
    min_interactions: Annotated[int, typer.Option(min=1, help="Fewer rows before the cut leave a customer or product out.")] = 1,
    most_customers: Annotated[int, typer.Option(min=1, help="Of more customers to judge by so many are drawn.")] = 10_000,
    seed: Seed = 7,
    as_json: Json = False,
) -> None:
    """What customers take in the last days of a table, foretold from the days before."""
    _pin_threads()
    from models.own_table.recommendation import InteractionColumns, evaluate_recommendation

    columns = InteractionColumns(customer, product, time, weight, text)
    answer(
        lambda progress: evaluate_recommendation(
            interactions,
            columns,
            test_days=test_days,
            new_items_only=new_items_only,
            min_interactions=min_interactions,
            most_customers=most_customers,
            seed=seed,
            report=progress,
        ),
        as_json=as_json,
    )


@app.command(epilog="Example: marketplace evaluate sessions --train clicks.csv --test-share 0.1 --json")
def sessions(
    train: Annotated[list[Path], typer.Option(help="Sessions to learn from; repeat it for several parts.")],
    test: Annotated[list[Path] | None, typer.Option(help="Sessions to judge by; repeat it for several parts.")] = None,
    test_share: Annotated[float | None, typer.Option(help="The last share of --train is the test, not --test.")] = None,
    sequence: Annotated[str | None, typer.Option(help="Column with a list of products: one row per session.")] = None,
    session: Annotated[str, typer.Option(help="Column of the session, one row per click.")] = "session_id",
    product: Annotated[str, typer.Option(help="Column of the product.")] = "product_id",
    position: Annotated[str, typer.Option(help="Column of the place within the session, a number.")] = "position",
    new_items_only: Annotated[bool, typer.Option("--new-items-only", help="No repeats within a session.")] = False,
    most_sessions: Annotated[int, typer.Option(min=1, help="Of more test sessions so many are drawn.")] = 20_000,
    seed: Seed = 7,
    as_json: Json = False,
) -> None:
    """The last product of each test session, foretold from those before it."""
    _pin_threads()
    from models.own_table.sessions import SessionColumns, evaluate_sessions

    columns = SessionColumns(session, product, position, sequence)
    answer(
        lambda progress: evaluate_sessions(
            train,
            test or [],
            columns,
            test_share=test_share,
            new_items_only=new_items_only,
            most_cases=most_sessions,
            seed=seed,
            report=progress,
        ),
        as_json=as_json,
    )


class Frequency(StrEnum):
    """How sales are added up; a week begins on Monday."""

    DAY = "day"
    WEEK = "week"


@app.command(
    epilog="Example: marketplace evaluate forecast --sales lines.csv --key sku --time sold_at --value quantity "
    "--frequency week --horizon 4 --origins 3"
)
def forecast(
    sales: Annotated[list[Path], typer.Option(help="One row per sale or per day; repeat it for several parts.")],
    key: Annotated[str, typer.Option(help="Column of the series: product, seller, category.")],
    time: Annotated[str, typer.Option(help="Column of the time: dates, ISO times, or seconds since 1970 in any unit.")],
    value: Annotated[str, typer.Option(help="Column that is added up: units or money; below zero for returns.")],
    frequency: Annotated[Frequency, typer.Option(help="Periods; weeks begin on Mondays.")],
    horizon: Annotated[int, typer.Option(help="Periods ahead.")],
    origins: Annotated[int, typer.Option(help="How many windows of that length are foretold, back to back up to the end.")],
    most_series: Annotated[int, typer.Option(min=1, help="Of more series so many are drawn.")] = 20_000,
    seed: Seed = 7,
    as_json: Json = False,
) -> None:
    """What each series sells in the next days or weeks: a point forecast and one to buy stock by."""
    _pin_threads()
    from models.own_table.forecast import SeriesColumns, evaluate_forecast
    from models.own_table.series import Frequency as Periods

    answer(
        lambda progress: evaluate_forecast(
            sales,
            SeriesColumns(key, time, value),
            frequency=Periods(frequency.value),
            horizon=horizon,
            origins=origins,
            most_series=most_series,
            seed=seed,
            report=progress,
        ),
        as_json=as_json,
    )


class FraudSplit(StrEnum):
    """How learning and judging are parted."""

    WEEKLY = "weekly"
    CUSTOMERS = "customers"
    TIME = "time"


@app.command(
    epilog="Example: marketplace evaluate fraud --transactions cards.parquet --time paid_at --customer card --amount amount "
    "--label is_fraud --terminal shop --split weekly --test-start 2018-07-11 --weeks 4 --train-days 60 --label-delay-days 7"
)
def fraud(
    transactions: Annotated[list[Path], typer.Option(help="One row per transaction; repeat it for several parts.")],
    time: Annotated[str, typer.Option(help="Column of the time: dates, ISO times, or seconds since 1970 in any unit.")],
    customer: Annotated[str, typer.Option(help="Column of the customer or card.")],
    amount: Annotated[str, typer.Option(help="Column of the amount, 0 or more.")],
    label: Annotated[str, typer.Option(help="Column that is 1 for fraud and 0 otherwise.")],
    split: Annotated[FraudSplit, typer.Option(help="Successive weeks; other customers; or the last part of the table.")],
    terminal: Annotated[str | None, typer.Option(help="Column of the place: a terminal, a seller.")] = None,
    device: Annotated[str | None, typer.Option(help="Column of the device.")] = None,
    ip: Annotated[str | None, typer.Option(help="Column of the network address.")] = None,
    signup_time: Annotated[str | None, typer.Option(help="Column of the customer's sign-up.")] = None,
    test_start: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="weekly: first day (UTC) of the test.")
    ] = None,
    weeks: Annotated[int | None, typer.Option(min=1, help="weekly: how many test weeks.")] = None,
    train_days: Annotated[int | None, typer.Option(min=1, help="weekly: days to learn from, before the label delay.")] = None,
    label_delay_days: Annotated[int, typer.Option(min=0, help="Days until a label is known, in features and training.")] = 7,
    test: Annotated[list[Path] | None, typer.Option(help="customers: file of the test customers; may be repeated.")] = None,
    test_share: Annotated[float | None, typer.Option(help="time: share of the table, the newest, that is the test.")] = None,
    seed: Seed = 7,
    as_json: Json = False,
) -> None:
    """Which transactions turn out to be fraud, each judged by its past alone."""
    _pin_threads()
    from models.fraud.own_table import FraudColumns, Protocol, Split, evaluate_fraud

    columns = FraudColumns(time, customer, amount, label, terminal, device, ip, signup_time)
    protocol = Protocol(
        Split(split.value),
        test=test or [],
        test_start=test_start.date() if test_start else None,
        weeks=weeks,
        train_days=train_days,
        test_share=test_share,
        label_delay_days=label_delay_days,
    )
    answer(lambda progress: evaluate_fraud(transactions, columns, protocol, seed=seed, report=progress), as_json=as_json)


@app.command(
    epilog="Example: marketplace evaluate tagging --products catalogue.csv --text title --label-path category_tree --levels 2 "
    "--group brand"
)
def tagging(
    products: Annotated[list[Path], typer.Option(help="One row per product; repeat it for several parts.")],
    text: Annotated[str, typer.Option(help="Column of the title.")],
    label: Annotated[str | None, typer.Option(help="Column of the label.")] = None,
    label_path: Annotated[str | None, typer.Option(help="Column of paths `A >> B >> C`, plain or as a JSON list.")] = None,
    levels: Annotated[int | None, typer.Option(help="So many first levels of the path make the label.")] = None,
    group: Annotated[str | None, typer.Option(help="Column of what stays together: brand, seller; else the title does.")] = None,
    test: Annotated[list[Path] | None, typer.Option(help="File of products to judge by; may be repeated.")] = None,
    test_share: Annotated[float, typer.Option(help="Share to judge by where no test file is named.")] = 0.2,
    min_rows: Annotated[int, typer.Option(min=1, help="Labels with fewer products are left out, and counted.")] = 10,
    seed: Seed = 7,
    as_json: Json = False,
) -> None:
    """The label of a product from its title, for titles that were not learnt from."""
    _pin_threads()
    from models.tagging.own_table import ProductColumns, evaluate_tagging

    columns = ProductColumns(text, label, label_path, levels, group)
    answer(
        lambda progress: evaluate_tagging(
            products, test or [], columns, min_rows=min_rows, test_share=test_share, seed=seed, report=progress
        ),
        as_json=as_json,
    )


def _pin_threads() -> None:
    """Before numpy is loaded: threads that wait for each other make small models slower."""
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(variable, "1")
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")


def answer(evaluate: "Callable[[Callable[[str], None]], Report]", *, as_json: bool) -> None:
    """Run one task and print its report; what goes on meanwhile goes to standard error."""
    progress = Progress()
    report = evaluate(progress)
    if as_json:
        typer.echo(json.dumps(report.as_dict(), indent=2, allow_nan=False))
    else:
        _print(report.as_dict())


_ESTIMATED = ("estimated", "realised", "error")


def _print(report: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    data = report["data"]
    typer.echo(f"{report['task']}: {data['rows']:,} rows came, {data['rejected']:,} left out")
    for reason, count in data["rejected_by_reason"].items():
        typer.echo(f"  left out: {count:,} × {reason} ({data['rejected_examples'].get(reason, 'rule over several columns')})")
    for name, value in data.items():
        if name not in ("rows", "rejected", "notes", "parts", "estimates") and not name.startswith(
            ("rejected_", "served_minus_others")
        ):
            is_count = isinstance(value, int) and not isinstance(value, bool)
            typer.echo(f"  {name.replace('_', ' ')}: " + (f"{value:,}" if is_count else str(value)))
    metrics = list(dict.fromkeys(name for model in report["models"] for name in model["metrics"]))
    table = Table("model", *metrics, "train CPU s", "peak MB", show_lines=True)
    for model in report["models"]:
        table.add_row(
            f"{model['name']}{' *' if model['served'] else ''}",
            *(_figure(model["metrics"].get(name)) for name in metrics),
            f"{model['train_cpu_s']:.2f}",
            f"{model['peak_mb']:,.0f}",
        )
    # Piped into a file, the table keeps its width.
    width = None if sys.stdout.isatty() else 40 + 20 * len(metrics)
    Console(width=width).print(table)
    typer.echo("* is what the platform serves")
    figure = ""
    for differences in (dict(data[name]) for name in sorted(data, reverse=True) if name.startswith("served_minus_others")):
        served, figure = differences.pop("served"), differences.pop("metric")
        for other, gain in differences.items():
            typer.echo(f"{figure}, {served} minus {other}, paired: {_figure(gain)}".replace("\n", " "))
    for part, models in data.get("parts", {}).items():
        shown = (f"{name} {_figure(metrics[figure])}".replace("\n", " ") for name, metrics in models.items())
        typer.echo(f"{figure}, {part}: {', '.join(shown)}")
    _print_estimates(report)
    for note in data["notes"]:
        typer.echo(f"note: {note}")


def _print_estimates(report: dict[str, Any]) -> None:
    """What the served model's probabilities alone say of each part of the test, beside what labels realised."""
    served = next((model["name"] for model in report["models"] if model["served"]), None)
    told = report["data"].get("estimates", {}).get(served)
    if told is None:
        return
    for part, figures in {**told["windows"], "mean": told["mean"]}.items():
        for figure, one in figures.items():
            estimated, realised, error = (_figure({"value": one[name], "low": None, "high": None}) for name in _ESTIMATED)
            typer.echo(f"{figure}, {part}: estimated {estimated} before labels, realised {realised}, off by {error}")


def _figure(metric: dict[str, float | None] | None) -> str:
    if metric is None or metric["value"] is None:
        return "-"
    if metric["low"] is None or metric["high"] is None:
        return f"{metric['value']:.4f}"
    return f"{metric['value']:.4f}\n[{metric['low']:.4f}, {metric['high']:.4f}]"
