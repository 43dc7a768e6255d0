"""`python -m marketplace.local`: the supervisor without a terminal, what `marketplace up --detach` starts."""

import argparse
import sys
from datetime import datetime

from marketplace.errors import MarketplaceError
from marketplace.local.control import supervise
from marketplace.settings import load_settings


def main() -> int:
    """Exit status: 0 after an orderly end, 1 otherwise."""
    parser = argparse.ArgumentParser(prog="python -m marketplace.local", description=__doc__)
    parser.add_argument("--only", help="names of parts, with commas; they and what they need are started")
    only = parser.parse_args().only
    try:
        return 0 if supervise(load_settings(), report=_log, only=only.split(",") if only else None) else 1
    except MarketplaceError as error:
        _log(str(error))
        return 1


def _log(line: str) -> None:
    print(f"{datetime.now().astimezone():%Y-%m-%dT%H:%M:%S%z} {line}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
