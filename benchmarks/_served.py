"""Servers of a benchmark: started by the settings of the storefront, asked over open connections, timed by the processor."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psutil

from marketplace.local.parts import UVICORN_OPTIONS

Served = tuple[psutil.Process, int]

# As it was before the first server: whoever asks leaves the first core to all servers, not to the first of them.
_CORES = sorted(os.sched_getaffinity(0))


@contextmanager
def served(factory: str, environment: dict[str, str]) -> Iterator[Served]:
    """A server by the settings of the storefront, on the first core where there are two."""
    port = unused_port()
    command = [sys.executable, "-m", "uvicorn", factory, "--factory", "--workers", "1", "--host", "127.0.0.1"]
    command += ["--port", str(port), "--timeout-keep-alive", "60", *UVICORN_OPTIONS]  # between two rounds a connection rests
    with running(command, port, environment) as server:
        yield server


def unused_port() -> int:
    """One that nobody listens on now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def running(command: Sequence[str], port: int, environment: dict[str, str]) -> Iterator[Served]:
    """A command that serves `port` from a process of its own, on the first core where there are two."""
    server = subprocess.Popen(command, env=environment)
    try:
        process = psutil.Process(server.pid)
        process.cpu_affinity(_CORES[:1])
        os.sched_setaffinity(0, set(_CORES[1:]) or set(_CORES))
        _until_it_listens(port, server)
        yield process, port
    finally:
        os.sched_setaffinity(0, set(_CORES))
        server.terminate()
        server.wait(20)


def _until_it_listens(port: int, server: "subprocess.Popen[bytes]") -> None:
    for _ in range(600):
        if server.poll() is not None:
            raise SystemExit(f"a server ended with {server.returncode} before it listened")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("a server does not listen after a minute")


def per_request(server: Served, requests: Sequence[str], seconds: float, *, concurrency: int = 16, warm_up: int = 2_000) -> float:
    """Processor seconds of the server for one answer, asked over connections that stay open, after a warm-up of so many.

    Raises:
        SystemExit: an answer was not 200.
    """
    process, port = server
    connections = [socket.create_connection(("127.0.0.1", port)) for _ in range(concurrency)]
    encoded = [request.encode() for request in requests]

    def ask(first: int) -> None:
        for at, connection in enumerate(connections):
            connection.sendall(encoded[(first + at) % len(encoded)])
        for connection in connections:
            _read_answer(connection)

    for first in range(0, warm_up, len(connections)):
        ask(first)
    count, before, until = 0, _seconds_of(process), time.monotonic() + seconds
    while time.monotonic() < until:
        ask(count)
        count += len(connections)
    spent = _seconds_of(process) - before
    for connection in connections:
        connection.close()
    return spent / count


def answer_of(server: Served, request: str) -> tuple[list[tuple[str, str]], bytes]:
    """Headers and body of one answer."""
    with socket.create_connection(("127.0.0.1", server[1])) as connection:
        connection.sendall(request.encode())
        head, _, body = _read_answer(connection).partition(b"\r\n\r\n")
    pairs = (line.decode().partition(": ") for line in head.split(b"\r\n")[1:])
    # The server adds its own date to every answer.
    return [(name, value) for name, _, value in pairs if name != "date"], body


def _read_answer(connection: socket.socket) -> bytes:
    answer = b""
    while (end := answer.find(b"\r\n\r\n")) < 0 or len(answer) < end + 4 + _length(answer):
        part = connection.recv(65536)
        if not part:
            raise SystemExit(f"the server hung up after {answer[:200]!r}")
        answer += part
    if not answer.startswith(b"HTTP/1.1 200"):
        raise SystemExit(f"not answered: {answer[:300]!r}")
    return answer


def _length(answer: bytes) -> int:
    _, _, rest = answer.lower().partition(b"content-length: ")
    return int(rest.split(b"\r", 1)[0])


def _seconds_of(process: psutil.Process) -> float:
    """Of the server itself, in itself and in the kernel."""
    times = process.cpu_times()
    return float(times.user + times.system)
