"""Stored features for one request, within a deadline, or the plain statement that there are none.

When the feature store is down, slow or not filled, a service answers from the request alone and marks the answer
`is_degraded`; the store is then left alone for a moment, so that a broken one costs one request its deadline, not all.
"""

import asyncio
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import structlog

from marketplace.errors import FeaturesMissingError

log = structlog.get_logger(__name__)

_DEADLINE_SECONDS = 0.1
_PAUSE_SECONDS = 5.0
_THREADS = 4
# The first opening creates the registry's tables: services that share a process take turns.
_opening = threading.Lock()


class OnlineFeatures:
    """Reads one feature service: `read` for a thread that waits, `read_soon` for who shares an event loop."""

    def __init__(self, service: str, *, deadline: float = _DEADLINE_SECONDS, pause: float = _PAUSE_SECONDS) -> None:
        self.service = service
        self._deadline = deadline
        self._pause = pause
        self._closed_until = 0.0
        self._executor = ThreadPoolExecutor(_THREADS, thread_name_prefix=f"features-{service}")

    def warm(self, entity: Mapping[str, Any]) -> None:
        """Open the store and its connections in the background: the first read takes seconds, not milliseconds."""
        threading.Thread(target=self._warm, args=(dict(entity),), daemon=True).start()

    def read(self, entity: Mapping[str, Any]) -> dict[str, Any] | None:
        """Feature values by name, None for each unknown one; None altogether when the store cannot say.

        Args:
            entity: the join keys, and the request data that on-demand features take.
        """
        if time.monotonic() < self._closed_until:
            return None
        reading = self._executor.submit(self._online, dict(entity))
        try:
            return reading.result(timeout=self._deadline)
        except TimeoutError:
            reading.cancel()
            self._close(self._late())
        except Exception as error:  # drivers and Feast raise many kinds; none may cost the answer
            self._close(error)
        return None

    async def read_soon(self, entities: Sequence[Mapping[str, Any]]) -> Sequence[dict[str, Any] | None]:
        """What `read` says of each, by one statement and within one deadline for all of them."""
        nothing: list[dict[str, Any] | None] = [None] * len(entities)
        if time.monotonic() < self._closed_until:
            return nothing
        reading = asyncio.ensure_future(self._online_soon(entities))
        try:
            if not (await asyncio.wait({reading}, timeout=self._deadline))[0]:
                reading.add_done_callback(lambda late: late.cancelled() or late.exception())  # nobody waits for it any more
                reading.cancel()
                raise self._late()
            return reading.result()
        except Exception as error:  # drivers and Feast raise many kinds; none may cost the answer
            self._close(error)
        return nothing

    def _warm(self, entity: dict[str, Any]) -> None:
        self._closed_until = float("inf")
        try:
            with _opening:
                self._online(entity)
            self._closed_until = 0.0
            log.info("features_ready", feature_service=self.service)
        except Exception as error:
            self._close(error)

    def _online(self, entity: dict[str, Any]) -> dict[str, Any]:
        from feature_repo.retrieval import online

        return dict(online(self.service, [entity])[0])

    async def _online_soon(self, entities: Sequence[Mapping[str, Any]]) -> Sequence[dict[str, Any] | None]:
        from feature_repo.retrieval import online_soon

        return await online_soon(self.service, entities)

    def _late(self) -> FeaturesMissingError:
        return FeaturesMissingError(f"no answer within {self._deadline * 1000:.0f} ms")

    def _close(self, error: Exception) -> None:
        self._closed_until = time.monotonic() + self._pause
        log.warning(
            "features_missing",
            feature_service=self.service,
            code=FeaturesMissingError.code,
            reason=f"{type(error).__name__}: {str(error)[:200]}",
            retry_in_seconds=self._pause,
        )
