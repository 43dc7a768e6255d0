"""A customer's own list as it was made ahead of time: the cheapest answer there is, from memory and without the database.

A plain Starlette route without the framework's parsing and validation, so its place in the document is written here by hand; and
before it a middleware that answers what can be answered at once. Products are as of the night: what was sold out or bought since
is taken out by the shelves, not here, and only shelves log impressions: whoever reads this list may show it or not.
"""

from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from marketplace.errors import AuthenticationError, NotFoundError, PermissionDeniedError
from marketplace.top_lists import TopLists
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
    body = request.app.state.top_lists.as_json(customer_id)
    if body is None:
        raise NotFoundError("no list was made ahead of time for you; GET /v1/recommendations makes one now")
    return Response(body, media_type="application/json", headers=_NOBODY_ELSES)


_NOBODY_ELSES = {"Cache-Control": "private, no-store"}
_READY_HEADERS = ((b"cache-control", _NOBODY_ELSES["Cache-Control"].encode()), (b"content-type", b"application/json"))
_ROUTE = Route(PATH, own_list, methods=["GET"])
_BEFORE_ID, _BEHIND_ID = PATH.split("{customer_id}")


class OwnListMiddleware:
    """Answers whoever asks for their own list and has one, before the framework looks for a route; all else goes on to it.

    It stands behind the middleware that says who asks and how often they may, which therefore hold here as everywhere, and adds
    their headers. Who gets no list gets the reason from the route.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = _ready(scope)
        if body is None:
            return await self.app(scope, receive, send)
        scope["route"] = _ROUTE
        headers = [*_READY_HEADERS, (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def _ready(scope: Scope) -> bytes | None:
    """The list that the request asks for, if it is the asker's own and there is one."""
    if scope["type"] != "http" or scope["method"] != "GET":
        return None
    path: str = scope["path"]
    if not (path.startswith(_BEFORE_ID) and path.endswith(_BEHIND_ID)):
        return None
    customer_id, claims = path[len(_BEFORE_ID) : -len(_BEHIND_ID)], scope["state"]["claims"]
    if claims is None or claims["sub"] != customer_id:
        return None
    top_lists: TopLists = scope["app"].state.top_lists
    return top_lists.as_json(customer_id)


def add_own_list(app: FastAPI) -> None:
    """Put the route before all others, and into the document."""
    app.router.routes.insert(0, _ROUTE)
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
    "description": (
        "Up to fifty product ids, best first: of the customer alone. `sources` stands beside `product_ids`. Reading it is no "
        "impression; a shelf that is shown comes from `GET /v1/recommendations`, which logs what it shows."
    ),
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
