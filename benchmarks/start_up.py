"""How long does a start take, what does each part take of the memory, and how long does it take to be gone?

`python -m benchmarks.start_up`: twice in a state folder of its own, because the first start also makes the databases.
"""

import os
import platform
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from marketplace.local.control import start_detached, stop
from marketplace.local.inspection import inspect
from marketplace.settings import load_settings

_SETTLE = 5.0


def main() -> None:
    folder = Path(tempfile.mkdtemp(prefix="cy-bench-", dir="/tmp"))
    folder.chmod(0o755)
    os.environ["MARKETPLACE_STATE_DIR"] = str(folder)
    memory = psutil.virtual_memory().total / 1e9
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}, {memory:.0f} GB, {platform.platform()}")
    try:
        for which in ("first start", "second start"):
            print(f"{which}: {_timed(lambda: start_detached(load_settings(), report=_quiet)):.1f} s until every part is ready")
            time.sleep(_SETTLE)
            report = inspect(load_settings())
            for part in report["parts"]:
                print(f"  {part['name']:<18} {part['health']:<10} {part['memory_mb'] or 0:>6.0f} MB")
            print(f"  {'with supervisor':<18} {'':<10} {report['memory_mb']:>6.0f} MB (PSS)")
            print(f"  down: {_timed(lambda: stop(load_settings(), report=_quiet)):.1f} s")
    finally:
        stop(load_settings(), report=_quiet)
        shutil.rmtree(folder, ignore_errors=True)


def _timed(work: Callable[[], object]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began


def _quiet(line: str) -> None:
    """The table says it."""


if __name__ == "__main__":
    main()
