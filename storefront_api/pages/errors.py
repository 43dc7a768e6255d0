"""What a person sees when something is missing, refused or down: the same frame, plain words, a way on."""

from fastapi import Request
from fastapi.responses import HTMLResponse, Response

from marketplace.vocabulary import Role
from storefront_api.pages.context import workplaces_of
from storefront_api.pages.templating import environment
from storefront_api.problems import Problem

_WORDS = {
    401: ("Please sign in", "This page is for people with an account."),
    403: ("This page is not for this account", "Sign in with another account, or go back to the shop."),
    404: ("We could not find that", "It may have been sold, renamed or never have existed."),
    409: ("That did not work out", "Something changed while you were looking at it."),
    422: ("Something in the form does not fit", "Go back, mend it and send it again."),
    429: ("A little too fast", "Wait a moment, then try again."),
    503: ("We will be right back", "A part of the shop does not answer. Nothing was lost; try again in a moment."),
}


async def error_page(request: Request, problem: Problem) -> Response:
    """The error as a page; it asks the database nothing, because that may be what failed."""
    claims = getattr(request.state, "claims", None)
    role = Role(claims["role"]) if claims else None
    title, words = _WORDS.get(problem.status, ("Something went wrong on our side", "It is written down. Try again in a moment."))
    body = (
        environment()
        .get_template("error.html")
        .render(
            title=title,
            words=words,
            problem=problem,
            viewer={"full_name": "", "role": role} if role else None,
            shop={"time_zone": None, "is_simulated": None},
            cart_count=0,
            csrf_token=request.cookies.get("cy_csrf", ""),
            workplaces=workplaces_of(role),
            section=None,
            is_demo=False,
            query=None,
        )
    )
    return HTMLResponse(body, status_code=problem.status, headers={"Cache-Control": "no-store"})
