"""Lines that say what goes on and how long it has taken, and errors as one line with an exit status that means something."""

import sys
import time
from enum import IntEnum

import typer


class ExitStatus(IntEnum):
    """What the command tells the shell."""

    OK = 0
    FAILED = 1
    USAGE = 2
    NOT_RUNNING = 3
    REFUSED = 4


class Progress:
    """Prints each line with the seconds since it was made; on standard error, so that output can be piped.

    It keeps the stream it was made with: a library's chatter can then be led elsewhere while progress goes on.
    """

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._stream = sys.stderr

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._started

    def __call__(self, line: str) -> None:
        clock = f"[{self.seconds:6.1f} s]"
        if self._stream.isatty():
            clock = typer.style(clock, dim=True)
        typer.echo(f"{clock} {line}", file=self._stream)


def heading(text: str) -> None:
    """Print `text` as the heading of what follows."""
    typer.echo()
    typer.secho(text, bold=True)
