"""The champion of one model, kept up to date while requests are answered.

A request reads the slot once and so works with one version from beginning to end; a new version takes the slot only when
it has been fetched, loaded and asked a question. A version that fails any of these is remembered and the one at work stays.
"""

import gc
import random
import shutil
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar, Generic, TypeVar

import structlog

from marketplace.contracts.champion import ChampionProblem, ChampionProblemKind, ChampionStatus
from marketplace.errors import MarketplaceError, ModelUnavailableError
from models.registry import Alias, ModelRegistry, ModelVersion
from models.registry.examples import example_call

Model = TypeVar("Model")

_JITTER = 0.2  # services started together do not ask the registry together
_IMPATIENT_SECONDS = 2.0
_KEPT_VERSIONS = 3
log = structlog.get_logger(__name__)


class Champion(Generic[Model]):
    """The slot for the version of one model that an alias names, filled by a daemon thread from `start` on.

    Args:
        load: the model class's own `load(folder)`.
        cache_dir: holds fetched versions, and `last_good`, which a restart falls back on when the registry is down or
            its champion is broken.
    """

    alias: ClassVar[Alias] = Alias.CHAMPION

    def __init__(
        self, name: str, load: Callable[[Path], Model], *, registry: ModelRegistry, cache_dir: Path, poll: timedelta
    ) -> None:
        self.name = name
        self._load = load
        self._registry = registry
        self._cache_dir = cache_dir
        self._poll_seconds = poll.total_seconds()
        self._slot: tuple[str, Model] | None = None
        self._key = ""
        self._rejected: dict[str, str] = {}
        self._loaded_at: datetime | None = None
        self._looked_at: datetime | None = None
        self._problem: ChampionProblem | None = None
        self._looked = threading.Event()
        self._stop = threading.Event()

    def start(self) -> "Champion[Model]":
        """Look for the champion at once, then every poll, in a thread of its own."""
        threading.Thread(target=self._keep_looking, name=f"champion-{self.name}", daemon=True).start()
        return self

    def stop(self) -> None:
        """Let the thread end; the slot stays."""
        self._stop.set()

    @property
    def has_looked(self) -> bool:
        """Whether the first look is over: the model is warm, or there is none yet."""
        return self._looked.is_set()

    def wait_until_looked(self, timeout: float) -> bool:
        """Whether the first look was over within `timeout` seconds."""
        return self._looked.wait(timeout)

    @property
    def current(self) -> tuple[str, Model]:
        """Version and model; read it once per request.

        Raises:
            ModelUnavailableError: no version could be loaded so far.
        """
        slot = self._slot
        if slot is None:
            raise ModelUnavailableError(f"{self.name} has no champion yet; train one with `marketplace run --only {self.name}`")
        return slot

    @property
    def status(self) -> ChampionStatus:
        """The version at work, and what keeps the registry's champion from being it."""
        slot = self._slot
        return ChampionStatus(
            model=self.name,
            version=slot[0] if slot else None,
            loaded_at=self._loaded_at,
            looked_at=self._looked_at,
            problem=self._problem,
        )

    def look(self) -> None:
        """Take over the registry's champion if it is another one and works."""
        try:
            version = self._registry.resolve(self.name, self.alias)
        except Exception as error:  # a proxy's garbage, a cut line: the next look may go well, so the thread lives on
            self._trouble(ChampionProblemKind.REGISTRY_UNAVAILABLE, None, _words(error))
        else:
            self._consider(version)
        self._looked_at = datetime.now(UTC)

    def fall_back(self) -> None:
        """Take the version that served last, for a start without a usable champion."""
        try:
            key = self._last_good.read_text().strip()
        except OSError:
            return
        if key and key not in self._rejected and not self._take(key.partition("-")[0], self._cache_dir / self.name / key):
            del self._rejected[key]  # only our copy was broken: the registry's is fetched when it answers again

    def _consider(self, version: ModelVersion | None) -> None:
        if version is None:
            self._trouble(ChampionProblemKind.NO_CHAMPION, None, f"the registry names no champion of {self.name}")
        elif version.key == self._key:
            self._problem = None
        elif version.key in self._rejected:
            self._trouble(ChampionProblemKind.REJECTED, version.version, self._rejected[version.key])
        else:
            self._change_to(version)

    def _change_to(self, version: ModelVersion) -> None:
        try:
            folder = self._registry.fetch(version, self._cache_dir)
        except Exception as error:  # a restart, a full disk: asked again at the next look
            self._trouble(ChampionProblemKind.NOT_FETCHED, version.version, _words(error))
            return
        if self._take(version.version, folder):
            self._problem = None
        else:
            self._trouble(ChampionProblemKind.REJECTED, version.version, self._rejected[version.key])
        self._forget_old(version)

    def _take(self, version: str, folder: Path) -> bool:
        """Whether the version in `folder` works, and so serves from now on."""
        try:
            model = self._load(folder)
            example_call(self.name, model)
        except Exception as error:  # whatever a broken artefact raises must not reach a request
            self._rejected[folder.name] = _words(error)
            shutil.rmtree(folder, ignore_errors=True)
            return False
        self._slot = (version, model)
        self._key = folder.name
        self._loaded_at = datetime.now(UTC)
        staged = self._last_good.with_suffix(".new")
        staged.write_text(folder.name)
        staged.replace(self._last_good)
        log.info("model_loaded", model=self.name, version=version, alias=self.alias.value)
        return True

    def _trouble(self, kind: ChampionProblemKind, version: str | None, reason: str) -> None:
        """Keep what is wrong since when; one line in the log when it begins, not one per look."""
        before = self._problem
        if before is not None and (before.kind, before.version) == (kind, version):
            self._problem = before.model_copy(update={"reason": reason})
            return
        self._problem = ChampionProblem(kind=kind, version=version, reason=reason, since=datetime.now(UTC))
        write = log.error if kind is ChampionProblemKind.REJECTED else log.warning
        write(f"{self.alias}_{kind}", model=self.name, version=version, at_work=self._slot and self._slot[0], reason=reason)

    def _keep_looking(self) -> None:
        self.look()
        if self._slot is None:
            self.fall_back()
        leave_to_no_collection()
        self._looked.set()
        while not self._stop.wait(self._pause() * random.uniform(1 - _JITTER, 1 + _JITTER)):
            self.look()

    def _pause(self) -> float:
        """Seconds until the next look: short while there is nothing to serve."""
        return self._poll_seconds if self._slot is not None else min(self._poll_seconds, _IMPATIENT_SECONDS)

    @property
    def _last_good(self) -> Path:
        return self._cache_dir / self.name / "last_good"

    def _forget_old(self, newest: ModelVersion) -> None:
        """Delete cached versions but the newest few and the one at work."""
        folders = [folder for folder in (self._cache_dir / self.name).iterdir() if folder.is_dir() and folder.name[0] != "."]
        folders.sort(key=lambda folder: folder.stat().st_mtime, reverse=True)
        for folder in folders[_KEPT_VERSIONS:]:
            if folder.name not in (self._key, newest.key):
                shutil.rmtree(folder, ignore_errors=True)


def leave_to_no_collection() -> None:
    """Take what is loaded now out of the collector's view: a collection then pauses requests for 5 ms instead of 150."""
    gc.collect()
    gc.freeze()


def _words(error: Exception) -> str:
    return str(error) if isinstance(error, MarketplaceError) else f"{type(error).__name__}: {error}"
