"""The API's reference as a page: read from the OpenAPI document, without scripts from elsewhere."""

from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from storefront_api.pages.context import PageContext

router = APIRouter(include_in_schema=False)


@router.get("/docs")
async def reference_page(page: PageContext) -> Response:
    """Every operation by subject; the document itself is at /openapi.json."""
    document = page.request.app.openapi()
    return page.render("reference.html", section="docs", groups=operations_of(document), info=document["info"])


def operations_of(document: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The operations of an OpenAPI document by their first tag."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            groups.setdefault((operation.get("tags") or ["other"])[0], []).append(
                {
                    "method": method.upper(),
                    "path": path,
                    "summary": operation.get("summary", ""),
                    "description": operation.get("description", ""),
                    "parameters": operation.get("parameters", []),
                    "body": _body_name(operation),
                    "answers": {status: answer.get("description", "") for status, answer in operation["responses"].items()},
                }
            )
    return dict(sorted(groups.items()))


def _body_name(operation: dict[str, Any]) -> str | None:
    content = operation.get("requestBody", {}).get("content", {})
    for kind in content.values():
        schema = kind.get("schema", {})
        return str(schema.get("$ref", schema.get("title", "body"))).rsplit("/", 1)[-1]
    return None
