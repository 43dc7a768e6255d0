"""A customer's own list as it was made ahead of time: the cheapest answer there is, from memory and without the database.

A plain Starlette route, ahead of all others and without the framework's parsing and validation, so its place in the document is
written here by hand. Products are as of the night: what was sold out or bought since is taken out by the shelves, not here.
"""

from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from marketplace.errors import AuthenticationError, NotFoundError, PermissionDeniedError
from storefront_api.problems import problem_responses

PATH = "/v1/customers/{customer_id}/top-list"


async def own_list(request: Request) -> Response:
    """Ids, each with its source, and the model, its version and its day.

    Raises:
        AuthenticationError: nobody is signed in.
        PermissionDeniedError: it is somebody else's list.
        NotFoundError: none was made for this customer: they are new, or want no personal shelves.
    """
    state = request.state
    if state.claims is None:
        raise state.token_error or AuthenticationError("sign in first")
    customer_id = request.path_params["customer_id"]
    if state.claims["sub"] != customer_id:
        raise PermissionDeniedError("this is the list of somebody else; ask for your own")
    version = request.app.state.top_lists.version
    body = version.as_json(customer_id) if version is not None else None
    if body is None:
        raise NotFoundError("no list was made ahead of time for you; GET /v1/recommendations makes one now")
    return Response(body, media_type="application/json", headers=_NOBODY_ELSES)


_NOBODY_ELSES = {"Cache-Control": "private, no-store"}


def add_own_list(app: FastAPI) -> None:
    """Put the route before all others, and into the document."""
    app.router.routes.insert(0, Route(PATH, own_list, methods=["GET"]))
    build = app.openapi

    def openapi() -> dict[str, Any]:
        document = build()
        document["paths"][PATH] = {"get": _DESCRIBED}
        return document

    app.openapi = openapi  # type: ignore[method-assign]


_TEXTS = {"type": "array", "items": {"type": "string"}, "maxItems": 50}
_DESCRIBED: dict[str, Any] = {
    "tags": ["recommendations"],
    "summary": "My list, as made ahead of time",
    "description": "Up to fifty product ids, best first: of the customer alone. `sources` stands beside `product_ids`.",
    "operationId": "own_list",
    "parameters": [{"name": "customer_id", "in": "path", "required": True, "schema": {"type": "string"}}],
    "responses": {
        "200": {
            "description": "The list",
            "content": {
                "application/json": {
                    "schema": {
                        "type": "object",
                        "title": "OwnList",
                        "required": ["customer_id", "model", "version", "computed_at", "product_ids", "sources"],
                        "properties": {
                            "customer_id": {"type": "string"},
                            "model": {"type": "string"},
                            "version": {"type": "string"},
                            "computed_at": {"type": "string", "format": "date-time"},
                            "product_ids": _TEXTS,
                            "sources": _TEXTS,
                        },
                    }
                }
            },
        },
        **{str(status): response for status, response in problem_responses(401, 403, 404).items()},
    },
}
