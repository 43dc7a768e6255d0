"""The challenger of one model beside its champion: loaded when somebody asks for it, let go when nobody does any more.

A second model costs as much memory as the first, and most of the time nobody compares.
"""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import ClassVar, TypeVar

from models.registry import Alias, ModelRegistry, ModelVersion
from models.registry.client import REFUSED, VERDICT_TAG
from serving.champion import Champion, leave_to_no_collection

Model = TypeVar("Model")

_IDLE = timedelta(minutes=15)


class Challenger(Champion[Model]):
    """The slot for the registry's challenger, empty where there is none that could be tried.

    There is none when the alias names nobody, the champion itself, or a version that the checks refused. Like the champion's
    slot it swaps without failing a request and keeps the last good version while the registry is away.

    Args:
        champion: the slot that this one stands beside.
        cache_dir: not the champion's, for each slot tidies its own.
        idle: after how long without a question the model is let go.
    """

    alias: ClassVar[Alias] = Alias.CHALLENGER

    def __init__(
        self,
        champion: Champion[Model],
        load: Callable[[Path], Model],
        *,
        registry: ModelRegistry,
        cache_dir: Path,
        poll: timedelta,
        idle: timedelta = _IDLE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(champion.name, load, registry=registry, cache_dir=cache_dir, poll=poll)
        self._champion = champion
        self._idle_seconds = idle.total_seconds()
        self._clock = clock
        self._asked_at = 0.0
        self._is_wanted = False
        self._turn = threading.Lock()

    def slot(self) -> tuple[str, Model] | None:
        """Version and model, None while there is none; the first question after a pause only sets the loading going."""
        with self._turn:
            self._asked_at = self._clock()
            if not self._is_wanted:
                self._is_wanted = True
                self.start()
        return self._slot

    def is_idle(self) -> bool:
        """Whether nobody has asked for so long that the model is let go now."""
        with self._turn:
            if self._clock() - self._asked_at < self._idle_seconds:
                return False
            self._is_wanted = False
            self._empty()
            return True

    def _consider(self, version: ModelVersion | None) -> None:
        if version is None or version.version == self._champion.status.version or version.tags.get(VERDICT_TAG) == REFUSED:
            self._empty()
        else:
            super()._consider(version)

    def _keep_looking(self) -> None:
        self.look()
        leave_to_no_collection()
        self._looked.set()
        while not self._stop.wait(self._pause()) and not self.is_idle():
            self.look()

    def _empty(self) -> None:
        self._slot, self._key, self._problem = None, "", None
