"""Every benchmark in turn, each in a process of its own: `python -m benchmarks [NAME ...]`, without a name all but the longest.

A benchmark is a module of this package that answers one question when it is run; one that fails does not stop the others.
"""

import subprocess
import sys
from pathlib import Path

# It tells in one table what others measure one by one.
_BY_NAME_ONLY = {"public_tables"}


def main() -> int:
    known = sorted(path.stem for path in Path(__file__).parent.glob("[a-z]*.py"))
    names = sys.argv[1:] or [name for name in known if name not in _BY_NAME_ONLY]
    if unknown := sorted(set(names) - set(known)):
        print(f"no benchmark is called {', '.join(unknown)}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    failed = []
    for name in names:
        print(f"── {name}", flush=True)
        if subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False).returncode:
            failed.append(name)
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
