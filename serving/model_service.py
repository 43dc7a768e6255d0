"""What the four model services share: their champion, readiness, and errors as JSON."""

import functools
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

import bentoml
import structlog
from pydantic import BaseModel
from starlette.responses import JSONResponse, Response

from marketplace.contracts.champion import ChampionStatus
from marketplace.errors import InvalidInputError, MarketplaceError, ModelUnavailableError, NotFoundError
from marketplace.settings import load_settings
from marketplace.vocabulary import ModelName
from models.registry import ModelRegistry
from serving.challenger import Challenger
from serving.champion import Champion

Model = TypeVar("Model")
Method = TypeVar("Method", bound=Callable[..., Any])

_REGISTRY_TIMEOUT_SECONDS = 3.0
_STATUS: dict[type[MarketplaceError], int] = {ModelUnavailableError: 503, NotFoundError: 404, InvalidInputError: 400}
log = structlog.get_logger(__name__)


class ModelService(Generic[Model]):
    """Base of a Bento service around one registered model."""

    def __init__(self, name: ModelName, load: Callable[[Path], Model]) -> None:
        settings = load_settings()
        self.name = name
        self.settings = settings
        self._load = load
        self._registry = ModelRegistry(settings.mlflow.url, timeout=_REGISTRY_TIMEOUT_SECONDS)
        self.champion = Champion(
            name,
            load,
            registry=self._registry,
            cache_dir=settings.state_dir / "models",
            poll=settings.services.champion_poll,
        ).start()

    def challenger_beside(self, champion: Champion[Model]) -> Challenger[Model]:
        """A slot for the challenger, for services that may be asked for it; it takes no memory until it is."""
        return Challenger(
            champion,
            self._load,
            registry=self._registry,
            cache_dir=self.settings.state_dir / "models" / "challengers",
            poll=self.settings.services.champion_poll,
        )

    def __is_ready__(self) -> bool:
        """Whether the champion is warm, or it is known that there is none yet."""
        return self.champion.has_looked

    @bentoml.api(route="/champion")  # type: ignore[untyped-decorator]
    def champion_status(self) -> ChampionStatus:
        """The version at work, and what keeps the registry's champion from being it."""
        return self.champion.status


def options(name: ModelName) -> dict[str, Any]:
    """What `@bentoml.service` is told, alike for all: one worker, some threads, no line in the log per request.

    The metrics' namespace keeps the series of services apart that share a process.
    """
    return {
        "name": name.value,
        "workers": 1,
        "threads": 8,
        "metrics": {"namespace": name.value},
        "logging": {"access": {"enabled": False}},
        "envs": [
            {"name": "OTEL_SDK_DISABLED", "value": "true"},
            {"name": "OMP_NUM_THREADS", "value": "1"},
            {"name": "OPENBLAS_NUM_THREADS", "value": "1"},
            {"name": "OMP_WAIT_POLICY", "value": "passive"},
        ],
    }


def endpoint(method: Method) -> Method:
    """The method as a Bento endpoint, with our own errors answered as `{"code": ..., "message": ...}` and their status."""

    @functools.wraps(method)
    def answer(*args: Any, **kwargs: Any) -> Any:
        try:
            return _said(method(*args, **kwargs))
        except MarketplaceError as error:
            return _problem(method, error)

    @functools.wraps(method)
    async def answer_soon(*args: Any, **kwargs: Any) -> Any:
        try:
            return _said(await method(*args, **kwargs))
        except MarketplaceError as error:
            return _problem(method, error)

    return cast(Method, bentoml.api(answer_soon if inspect.iscoroutinefunction(method) else answer))


def _said(answer: BaseModel) -> Response:
    """The answer as JSON; Bento would work out the schema of its type again for each one."""
    return Response(answer.model_dump_json(), media_type="application/json")


def _problem(method: Callable[..., Any], error: MarketplaceError) -> Response:
    status = next((status for kind, status in _STATUS.items() if isinstance(error, kind)), 500)
    if status == 500:
        log.error("request_failed", endpoint=method.__name__, code=error.code, reason=str(error))
    return JSONResponse({"code": error.code, "message": str(error)}, status_code=status)
