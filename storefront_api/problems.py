"""Errors as `application/problem+json` (RFC 9457): the one place where an error class meets an HTTP status."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, TypeAlias

import psycopg
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from psycopg_pool import PoolTimeout
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from marketplace import errors
from marketplace.fraud_rules import InvalidRulesError
from storefront_api.catalog.pricing import InvalidChoicesError

log = structlog.get_logger(__name__)

PROBLEM_TYPE = "application/problem+json"

# The first class that matches decides, so children stand before their parents.
STATUSES: dict[type[errors.MarketplaceError], int] = {
    errors.IdempotencyMismatchError: 422,
    errors.NotFoundError: 404,
    errors.ConflictError: 409,
    errors.StaleError: 412,
    errors.AuthenticationError: 401,
    errors.PermissionDeniedError: 403,
    errors.InvalidInputError: 422,
    errors.ModelUnavailableError: 503,
    errors.FeaturesMissingError: 503,
}

ErrorPage: TypeAlias = "Callable[[Request, Problem], Awaitable[Response]]"


class FieldProblem(BaseModel):
    """One field that cannot be used; `pointer` is a JSON pointer into the body, or `query/<name>`."""

    pointer: str
    detail: str


class Problem(BaseModel):
    """What went wrong, with a code that never changes."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str
    request_id: str | None = None
    errors: list[FieldProblem] = Field(default_factory=list)


class FieldError(errors.InvalidInputError):
    """A value that only the shop's own data can refuse; carries the pointer of the field."""

    def __init__(self, pointer: str, detail: str) -> None:
        super().__init__(detail)
        self.pointer = pointer


class TooManyRequestsError(errors.MarketplaceError):
    """Asked too often; `retry_after` is in seconds."""

    code = "too_many_requests"

    def __init__(self, detail: str, *, retry_after: int) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that may answer with these problems, for the OpenAPI document."""
    return {
        status: {"description": HTTPStatus(status).phrase, "content": {PROBLEM_TYPE: {"schema": _SCHEMA_REFERENCE}}}
        for status in statuses
    }


_SCHEMA_REFERENCE = {"$ref": "#/components/schemas/Problem"}


def problem_response(problem: Problem, headers: dict[str, str] | None = None) -> Response:
    """The problem as a response that any middleware may send too."""
    return Response(problem.model_dump_json(), status_code=problem.status, media_type=PROBLEM_TYPE, headers=headers)


def install(app: FastAPI) -> None:
    """Answer every error of the application with a problem, or with its page where a page was asked for.

    Pages set `app.state.error_page`, a coroutine from request and problem to a response; without it they get the problem.
    """
    app.state.error_page = None
    app.add_exception_handler(errors.MarketplaceError, _marketplace_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(psycopg.OperationalError, _database_away)
    app.add_exception_handler(PoolTimeout, _database_away)
    app.add_exception_handler(psycopg.DataError, _unstorable)
    app.add_exception_handler(psycopg.errors.UndefinedTable, _not_built)
    app.add_exception_handler(psycopg.errors.UndefinedColumn, _not_built)


def wants_page(request: Request) -> bool:
    """Whether a person's browser asked for a page rather than a program for an answer."""
    return not request.url.path.startswith("/v1/") and "text/html" in request.headers.get("accept", "")


async def _answer(request: Request, problem: Problem, headers: dict[str, str] | None = None) -> Response:
    problem = problem.model_copy(update={"request_id": getattr(request.state, "request_id", None)})
    page: ErrorPage | None = request.app.state.error_page
    if wants_page(request):
        if problem.status == 401 and request.method in ("GET", "HEAD"):
            return RedirectResponse(f"/sign-in?next={request.url.path}", status_code=303)
        if page is not None:
            answer = await page(request, problem)
            answer.headers.update(headers or {})
            return answer
    return problem_response(problem, headers)


def _problem(status: int, code: str, detail: str, fields: list[FieldProblem] | None = None) -> Problem:
    return Problem(title=HTTPStatus(status).phrase, status=status, detail=detail, code=code, errors=fields or [])


async def _marketplace_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, errors.MarketplaceError)
    headers: dict[str, str] = {}
    if isinstance(error, TooManyRequestsError):
        status, headers = 429, {"Retry-After": str(error.retry_after)}
    else:
        status = next((status for kind, status in STATUSES.items() if isinstance(error, kind)), 500)
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    fields = _fields(error)
    if status == 500:
        log.error("request_failed", code=error.code, error=type(error).__name__)
        return await _answer(request, _problem(500, "internal_error", "something went wrong on our side"))
    return await _answer(request, _problem(status, error.code, str(error), fields), headers)


def _fields(error: errors.MarketplaceError) -> list[FieldProblem]:
    if isinstance(error, FieldError):
        return [FieldProblem(pointer=error.pointer, detail=str(error))]
    if isinstance(error, InvalidChoicesError):
        return [FieldProblem(pointer=f"/choices/{field}", detail=detail) for field, detail in error.fields.items()]
    if isinstance(error, InvalidRulesError):
        return [FieldProblem(pointer=f"/document{one.pointer}", detail=str(one)) for one in error.mistakes[:50]]
    return []


async def _validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    fields = [FieldProblem(pointer=_pointer(item["loc"]), detail=item["msg"]) for item in error.errors()[:50]]
    return await _answer(request, _problem(422, "invalid_request", "the request does not fit its description", fields))


def _pointer(location: tuple[Any, ...]) -> str:
    where, *rest = location or ("body",)
    path = "/".join(str(part).replace("~", "~0").replace("/", "~1") for part in rest)
    return f"/{path}" if where == "body" else f"{where}/{path}"


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    codes = {404: "not_found", 405: "method_not_allowed", 413: "body_too_large"}
    code = codes.get(error.status_code, HTTPStatus(error.status_code).phrase.lower().replace(" ", "_"))
    return await _answer(request, _problem(error.status_code, code, str(error.detail)), dict(error.headers or {}))


async def _database_away(request: Request, error: Exception) -> Response:
    log.warning("database_away", error=type(error).__name__)
    detail = "the shop's database does not answer; nothing was changed, try again in a moment"
    return await _answer(request, _problem(503, "database_unavailable", detail), {"Retry-After": "2"})


async def _not_built(request: Request, error: Exception) -> Response:
    """A new version may read what the pipeline has not built yet: until its next run that is so for everybody."""
    log.error("not_built", error=str(error).partition("\n")[0])
    detail = "this is not built yet; it is after the next run of the pipeline (`marketplace run`)"
    return await _answer(request, _problem(503, "not_built", detail), {"Retry-After": "60"})


async def _unstorable(request: Request, error: Exception) -> Response:
    """A text that Postgres cannot hold, such as a NUL character, is the caller's mistake."""
    return await _answer(request, _problem(422, "invalid_input", "a value cannot be stored: it is out of range or holds NUL"))


async def unexpected(request: Request) -> Response:
    """The answer to an error that nobody foresaw: it says nothing about our insides."""
    return await _answer(request, _problem(500, "internal_error", "something went wrong on our side"))


async def too_many_requests(request: Request, detail: str, headers: dict[str, str]) -> Response:
    """The answer to somebody who asks faster than the limits allow, as a page where a page was asked for."""
    return await _answer(request, _problem(429, "too_many_requests", detail), headers)


def describe(app: FastAPI) -> None:
    """Make the OpenAPI document know `Problem`, and replace the framework's own validation error by it."""
    build = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = build()
            models = schema.setdefault("components", {}).setdefault("schemas", {})
            described = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
            models.update(described.pop("$defs", {}))
            models["Problem"] = described
            for path in schema["paths"].values():
                for operation in path.values():
                    for status, response in operation["responses"].items():
                        if status == "422":
                            response["content"] = {PROBLEM_TYPE: {"schema": _SCHEMA_REFERENCE}}
            models.pop("HTTPValidationError", None)
            models.pop("ValidationError", None)
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]
