"""One call to a model service: within its deadline, checked against the contract, behind a breaker."""

import asyncio
from datetime import timedelta
from typing import TypeVar

import httpx
import structlog
from pydantic import BaseModel, ValidationError

from marketplace.errors import ModelUnavailableError
from storefront_api.clients.breaker import CircuitBreaker

log = structlog.get_logger(__name__)


Answer = TypeVar("Answer", bound=BaseModel)


class ModelClient:
    """Base of the four clients; `timeout` covers the whole call, connecting and reading included."""

    name = "model"

    def __init__(self, http: httpx.AsyncClient, *, timeout: timedelta, breaker: CircuitBreaker | None = None) -> None:
        self._http = http
        self._timeout = timeout
        self.breaker = breaker or CircuitBreaker()

    async def call(self, path: str, request: BaseModel, answer: type[Answer]) -> Answer:
        """The service's answer.

        Raises:
            ModelUnavailableError: too late, refused, not the contract's shape, or the breaker is open. Whatever the
                reason, the caller has one fallback.
        """
        if not self.breaker.may_call():
            raise ModelUnavailableError(f"the {self.name} service failed repeatedly and rests for a moment")
        try:
            body = request.model_dump_json()
            async with asyncio.timeout(self._timeout.total_seconds()):
                response = await self._http.post(path, content=body, headers={"content-type": "application/json"})
            response.raise_for_status()
            parsed = answer.model_validate_json(response.content)
        except (httpx.HTTPError, TimeoutError, ValidationError, ValueError) as error:
            self.breaker.failed()
            log.warning("model_service_failed", service=self.name, path=path, error=type(error).__name__)
            raise ModelUnavailableError(f"the {self.name} service did not answer {path}: {type(error).__name__}") from error
        self.breaker.succeeded()
        return parsed

    async def is_ready(self) -> bool:
        """Whether the service says that it has a model and is warm."""
        try:
            return (await self._http.get("/readyz")).is_success
        except httpx.HTTPError:
            return False
