"""Logs as JSON events without personal data, and the counters behind `/metrics`."""

import logging

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
# One list for good: a logger keeps the one that it met first, and would not hear of another.
_PROCESSORS: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
    structlog.processors.JSONRenderer(),
]


def configure_logging() -> None:
    """Make structlog write one JSON object a line to standard output."""
    structlog.configure(
        processors=_PROCESSORS,
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )


class Metrics:
    """The counters of one application; a registry of its own lets two applications live in one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "storefront_requests_total", "Requests answered", ("method", "route", "status"), registry=self.registry
        )
        self._seconds = Histogram(
            "storefront_request_seconds", "Time to the answer", ("method", "route"), registry=self.registry, buckets=_SECONDS
        )
        self._known: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        self._fallbacks = Counter(
            "storefront_fallbacks_total", "Answers given without the model", ("service",), registry=self.registry
        )

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answered request."""
        # Finding a counter by its labels costs more than counting.
        known = self._known.get((method, route, status))
        if known is None:
            known = self._requests.labels(method, route, status), self._seconds.labels(method, route)
            self._known[method, route, status] = known
        known[0].inc()
        known[1].observe(seconds)

    def fell_back(self, service: str) -> None:
        """Count one answer that had to do without its model service."""
        self._fallbacks.labels(service).inc()

    def render(self) -> tuple[bytes, str]:
        """The exposition text and its content type."""
        return generate_latest(self.registry), CONTENT_TYPE_LATEST
