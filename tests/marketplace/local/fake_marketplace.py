"""A supervisor of tiny parts, run as a process of its own with the words STATE_DIR PORT [broken] [--port-of-second N]."""

import asyncio
import os
import sys
from pathlib import Path

from marketplace.local.parts import Part
from marketplace.local.ports import free_port
from marketplace.local.probes import accepts_tcp, answers_http
from marketplace.local.state import SupervisorLock
from marketplace.local.supervisor import Supervisor, end_leftovers

# A child in a session of its own, as worker processes of servers are: killing the parent's group would miss it.
WITH_CHILD = "import subprocess, time; subprocess.Popen(['sleep', '1000'], start_new_session=True); time.sleep(1000)"


def parts(port: int, second_port: int, *, is_broken: bool) -> list[Part]:
    """A server, one that needs it, a task, and a process with a child."""

    def server(number: int, *, slow: float = 0.0) -> tuple[str, ...]:
        serve = f"test(SimpleHTTPRequestHandler, port={number}, bind='127.0.0.1')"
        program = f"import time; from http.server import *; from http.server import test; time.sleep({slow}); {serve}"
        return (sys.executable, "-c", program)

    task = "raise SystemExit(7)" if is_broken else ""
    answers, accepts = answers_http("127.0.0.1", port, "/"), accepts_tcp("127.0.0.1", second_port)
    return [
        Part("first", command=server(port, slow=0.7), probe=answers, ports=(port,)),
        Part("task", needs=("first",), is_task=True, command=(sys.executable, "-c", task)),
        Part("second", needs=("task",), command=server(second_port), probe=accepts, ports=(second_port,)),
        Part("parent", command=(sys.executable, "-c", WITH_CHILD), settle=0.6),
    ]


def main() -> int:
    state_dir, port, is_broken = Path(sys.argv[1]), int(sys.argv[2]), "broken" in sys.argv
    second_port = int(sys.argv[sys.argv.index("--port-of-second") + 1]) if "--port-of-second" in sys.argv else free_port(port + 1)
    lock = SupervisorLock(state_dir)
    if not lock.acquire():
        return 9
    end_leftovers(state_dir)
    tiny = parts(port, second_port, is_broken=is_broken)
    supervisor = Supervisor(tiny, state_dir=state_dir, environment=os.environ, report=print)
    return 0 if asyncio.run(supervisor.run()) else 1


if __name__ == "__main__":
    sys.exit(main())
