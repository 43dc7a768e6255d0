"""Runs of the pipeline that begin at once, in forks of a process that has imported everything, and die after so many assets.

A run spends ten seconds of processor time on imports, which a hundred runs need not repeat, and half of the rest on dbt's data
tests, which write nothing: these runs leave them out. Run as a module this is the process that they are forked from: it runs the
pipeline in a fork for each line that it reads, and writes what became of it.
"""

import json
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from marketplace.settings import PROJECT_ROOT
from tests.living import Living


@dataclass(frozen=True)
class RunEnd:
    """What became of a run."""

    exit_status: int
    """That of its process: 0 for a run whose every step succeeded, minus the signal for one that was killed."""
    seconds: float
    cpu_seconds: float
    """Its own and those of a dbt that it lived to wait for."""


class WarmRuns:
    """The process that runs are forked from."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.assets = int(self._read())
        """How many assets a whole run makes."""

    def to_the_end(self) -> RunEnd:
        """A run that nobody disturbs."""
        return self._run(0, False)

    def killed_after(self, assets: int, *, with_dbt: bool) -> RunEnd:
        """A run that is killed -9 the instant that so many assets are on record, with the dbt that it may have or without."""
        return self._run(assets, with_dbt)

    def _run(self, kill_after: int, with_dbt: bool) -> RunEnd:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([kill_after, with_dbt]) + "\n")
        self._process.stdin.flush()
        return RunEnd(**json.loads(self._read()))

    def _read(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, f"the process that runs are forked from has ended: {self._process.wait()}"
        return line


@contextmanager
def warm_runs(living: Living) -> Iterator[WarmRuns]:
    """Runs on this marketplace; what they print goes to its folder of logs."""
    with (living.state_dir / "logs" / "warm_runs.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            cwd=PROJECT_ROOT,
            env=living.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    try:
        yield WarmRuns(process)
    finally:
        process.kill()
        process.wait()


def serve() -> None:
    """Answer each line of standard input, `[kill_after, with_dbt]`, by the end of such a run; 0 is a whole one."""
    from marketplace.local.environment import part_environment
    from marketplace.settings import load_settings

    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    settings = load_settings()
    os.environ.update(part_environment(settings))
    print(_import_everything(), file=answers)
    for line in sys.stdin:
        print(json.dumps(_fork(settings, *json.loads(line))), file=answers)


def _import_everything() -> int:
    """The number of assets, once what a run imports is imported and the graph is drawn."""
    import feast  # noqa: F401
    import implicit  # noqa: F401
    import lightgbm  # noqa: F401
    import mlflow.pyfunc  # noqa: F401
    import psutil  # noqa: F401

    import pipelines.run
    import pipelines.training  # noqa: F401
    from feature_repo import retrieval  # noqa: F401
    from pipelines.definitions import defs
    from pipelines.defs.warehouse.assets import BUILD

    BUILD.append("test")
    repository = defs.get_repository_def()
    repository.get_job("everything")
    graph = repository.asset_graph
    return sum(graph.get(key).is_materializable for key in graph.get_all_asset_keys())


def _fork(settings: Any, kill_after: int, with_dbt: bool) -> dict[str, float]:
    began = time.monotonic()
    pid = os.fork()
    if pid == 0:
        _run_and_exit(settings, kill_after, with_dbt)
    _, status, usage = os.wait4(pid, 0)
    return {
        "exit_status": os.waitstatus_to_exitcode(status),
        "seconds": time.monotonic() - began,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
    }


def _run_and_exit(settings: Any, kill_after: int, with_dbt: bool) -> None:
    status = 1
    try:
        from pipelines.run import run_pipeline

        if kill_after:
            _die_after(kill_after, with_dbt)
        outcome = run_pipeline(settings, only=None, day=None, progress=lambda line: print(line, file=sys.stderr))
        status = 0 if outcome.succeeded else 1
    except Exception:
        traceback.print_exc()
    finally:
        os._exit(status)


def _die_after(assets: int, with_dbt: bool) -> None:
    """Have this process killed as soon as so many assets are stored as materialised: no instruction of ours comes after."""
    import psutil
    from dagster import DagsterEventType, EventLogEntry

    from marketplace.local.dagster_storage import BatchedEventLog

    done = set()

    def then_die(store: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
        def stored(self: BatchedEventLog, given: Any) -> None:
            store(self, given)
            for entry in [given] if isinstance(given, EventLogEntry) else given:
                event = entry.dagster_event
                if event is not None and event.event_type == DagsterEventType.ASSET_MATERIALIZATION:
                    done.add(event.asset_key)
            if len(done) >= assets:
                for dbt in psutil.Process().children() if with_dbt else ():
                    dbt.kill()
                os.kill(os.getpid(), signal.SIGKILL)

        return stored

    BatchedEventLog.store_event = then_die(BatchedEventLog.store_event)  # type: ignore[method-assign]
    BatchedEventLog.store_event_batch = then_die(BatchedEventLog.store_event_batch)  # type: ignore[method-assign]


if __name__ == "__main__":
    serve()
