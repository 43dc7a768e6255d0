"""`python -m serving.host [names...]`: model services side by side in one process, each on its own port.

Each is the same Bento service that is built and deployed alone; here they share one interpreter and its libraries, which
takes 0.3 GB instead of 1.2. They also share one GIL, so a busy machine names fewer services per process.
"""

import os
import tempfile

# Read when libraries are imported, so set before anything else is. The folder is never an inherited one: it is emptied.
_METRICS_DIR = os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="customiseyou-metrics-")
for _variable, _value in {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_WAIT_POLICY": "passive",
    "OTEL_SDK_DISABLED": "true",
    "BENTOML_DO_NOT_TRACK": "True",
}.items():
    os.environ.setdefault(_variable, _value)

import asyncio  # noqa: E402
import contextlib  # noqa: E402
import importlib  # noqa: E402
import logging  # noqa: E402
import shutil  # noqa: E402
import signal  # noqa: E402
import sys  # noqa: E402
from collections.abc import Iterator, Sequence  # noqa: E402
from typing import Any  # noqa: E402

import structlog  # noqa: E402
import uvicorn  # noqa: E402
from pydantic import ValidationError  # noqa: E402

from marketplace.errors import ServiceStartError  # noqa: E402
from marketplace.settings import ServiceSettings, Settings, load_settings  # noqa: E402
from marketplace.vocabulary import ModelName  # noqa: E402

log = structlog.get_logger(__name__)

SERVICES = {
    ModelName.RECOMMENDATION: ("serving.recommendation.service", "RecommendationService"),
    ModelName.FRAUD: ("serving.fraud.service", "FraudService"),
    ModelName.TAGGING: ("serving.tagging.service", "TaggingService"),
    ModelName.SELLER_ANALYTICS: ("serving.seller_analytics.service", "SellerAnalyticsService"),
}
_GRACE_SECONDS = 1
# Longer than any caller keeps an idle connection: else both ends may let go of it at once, and a request is lost on it.
_KEEP_ALIVE_SECONDS = 75


class Server(uvicorn.Server):
    """A server among others: signals are the host's business."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; the exit status is 0 then, 1 when a service did not start or died."""
    _configure_logs()
    names = [ModelName(name) for name in (sys.argv[1:] if arguments is None else arguments)] or list(SERVICES)
    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            return runner.run(serve(names, load_settings()))
    finally:
        shutil.rmtree(_METRICS_DIR, ignore_errors=True)


async def serve(names: Sequence[ModelName], settings: Settings) -> int:
    """Run the named services until a signal or until one of them ends by itself."""
    servers: dict[str, Server] = {}
    for name in names:
        try:
            servers[name] = _server(name, getattr(settings.services, name))
        except Exception as error:
            log.error("service_not_started", service=name, reason=f"{type(error).__name__}: {error}", exc_info=True)
            return 1
    loop = asyncio.get_running_loop()
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    tasks = {asyncio.create_task(_run(name, server), name=name) for name, server in servers.items()}
    waiting = asyncio.create_task(stopping.wait())
    await asyncio.wait({*tasks, waiting}, return_when=asyncio.FIRST_COMPLETED)
    failed = not stopping.is_set()
    for server in servers.values():
        server.should_exit = True
    for task in tasks:
        try:
            await task
        except Exception as error:
            log.error("service_failed", service=task.get_name(), reason=str(error))
    waiting.cancel()
    return int(failed)


def asgi_app(name: ModelName) -> Any:
    """The service's ASGI application, as `bentoml serve` would make it."""
    module, attribute = SERVICES[name]
    return getattr(importlib.import_module(module), attribute).to_asgi()


def _server(name: ModelName, address: ServiceSettings) -> Server:
    return Server(
        uvicorn.Config(
            asgi_app(name),
            host=address.host,
            port=address.port,
            http="httptools",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=_GRACE_SECONDS,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        )
    )


async def _run(name: str, server: Server) -> None:
    try:
        await server.serve()
    except SystemExit as error:  # how uvicorn reports a taken port or a failed start-up
        raise ServiceStartError(
            f"{name} did not start on {server.config.host}:{server.config.port}; "
            f"is the port taken? Set MARKETPLACE_SERVICES__{name.upper()}__PORT"
        ) from error


def _loop_factory() -> Any:
    import uvloop

    return uvloop.new_event_loop


def _without_traceback_of_rejected_body(record: logging.LogRecord) -> bool:
    """Always true: a body that breaks the contract is the caller's mistake, one line is enough."""
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, ValidationError):
        record.exc_info = None
        record.levelno, record.levelname = logging.WARNING, "WARNING"
        record.msg = f"{record.msg}: {error.error_count()} fields rejected"
    return True


def _configure_logs() -> None:
    """One JSON object per line from us; from libraries warnings and worse."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
    logging.getLogger("bentoml._internal.server.http_app").addFilter(_without_traceback_of_rejected_body)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ]
    )


if __name__ == "__main__":
    status = main()
    logging.shutdown()
    sys.stdout.flush()
    os._exit(status)  # all is closed: taking the interpreter's modules apart would take another two seconds
