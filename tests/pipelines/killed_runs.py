"""Runs that are killed after so many assets."""

import os
import re
import signal
import subprocess

from tests.living import MARKETPLACE, Living

_DONE = re.compile(r" \d+/\d+  \S+$")  # "[  31.2 s]    9.5 s    3/120  marts/fct_orders"


def run_killed_after(living: Living, assets: int, *arguments: str) -> tuple[int, bool]:
    """Start `marketplace run` and kill it -9 once it says that so many assets are done.

    The run alone is killed: its dbt is left behind, as it is when a run dies.
    Returns:
        How many assets were done, and whether the run had come to its end before.
    """
    process = subprocess.Popen(
        [str(MARKETPLACE), "run", *arguments], env=living.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdout is not None
    done = 0
    for line in process.stdout:
        done += _DONE.search(line) is not None
        if done == assets:
            os.kill(process.pid, signal.SIGKILL)
            break
    process.stdout.close()
    return done, process.wait() == 0
