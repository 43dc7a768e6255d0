"""`marketplace`: the platform's verbs. Run `marketplace --help`."""

from typing import Any

import typer
from typer.core import TyperGroup

from cli.demo import demo
from cli.doctor import doctor
from cli.down import down
from cli.env import env
from cli.evaluate import app as evaluate
from cli.experiment import app as experiment
from cli.fraud import app as fraud
from cli.ingest import ingest
from cli.models import app as models
from cli.networks import networks
from cli.progress import ExitStatus
from cli.quarantine import app as quarantine
from cli.relay import relay
from cli.reset import reset
from cli.run import run
from cli.simulate import simulate
from cli.status import status
from cli.up import up
from marketplace.errors import MarketplaceError, NotRunningError


class Verbs(TyperGroup):
    """The group of verbs; an error that we raised on purpose ends in one line, not in a traceback."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except MarketplaceError as error:
            typer.secho(f"marketplace: {error}", err=True, fg="red")
            raise typer.Exit(ExitStatus.NOT_RUNNING if isinstance(error, NotRunningError) else ExitStatus.FAILED) from None


app = typer.Typer(
    name="marketplace",
    cls=Verbs,
    help="CustomiseYou: the data and machine-learning platform of a marketplace. `marketplace demo` shows all of it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)

_DAILY, _DATA, _MACHINE = "The marketplace", "Its data and models", "This machine"
app.command(rich_help_panel=_DAILY)(demo)
app.command(rich_help_panel=_DAILY)(up)
app.command(rich_help_panel=_DAILY)(down)
app.command(rich_help_panel=_DAILY)(status)
app.command(rich_help_panel=_DATA)(run)
app.command(rich_help_panel=_DATA)(ingest)
app.command(rich_help_panel=_DATA)(networks)
app.add_typer(quarantine, name="quarantine", rich_help_panel=_DATA)
app.command(rich_help_panel=_DATA)(simulate)
app.add_typer(evaluate, name="evaluate", rich_help_panel=_DATA)
app.add_typer(experiment, name="experiment", rich_help_panel=_DATA)
app.add_typer(fraud, name="fraud", rich_help_panel=_DATA)
app.add_typer(models, name="models", rich_help_panel=_DATA)
app.command(rich_help_panel=_DATA)(reset)
app.command(rich_help_panel=_MACHINE)(doctor)
app.command(rich_help_panel=_MACHINE)(env)
app.command(rich_help_panel=_MACHINE)(relay)

if __name__ == "__main__":
    app()
