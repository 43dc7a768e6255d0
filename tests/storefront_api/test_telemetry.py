"""Logs go where the newest configuration says, also those of loggers that spoke before it."""

import structlog
from structlog.testing import capture_logs

from storefront_api.telemetry import configure_logging


def test_a_logger_that_spoke_is_heard_after_logs_are_configured_again() -> None:
    before, log = structlog.get_config(), structlog.get_logger("spoke")
    try:
        configure_logging()
        log.info("first")
        configure_logging()
        with capture_logs() as logs:
            log.info("second")
    finally:
        structlog.configure(**before)
    assert [entry["event"] for entry in logs] == ["second"]
