"""Style, scripts and vendored libraries; an address with a fingerprint may be kept for a year."""

from typing import Any

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from storefront_api.pages.templating import STATIC


class FingerprintedFiles(StaticFiles):
    """Static files that browsers keep: for ever where the address holds the content's hash, else for five minutes."""

    def __init__(self) -> None:
        super().__init__(directory=STATIC)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file with its caching rule."""
        response = await super().get_response(path, scope)
        query: Any = scope.get("query_string", b"")
        keep = "public, max-age=31536000, immutable" if query.startswith(b"v=") else "public, max-age=300"
        response.headers["Cache-Control"] = keep
        return response
