"""`POST /v1/events`."""

from fastapi import APIRouter, Request

from storefront_api.dependencies import Connection, CurrentVisitor, Now, OptionalUser
from storefront_api.events import service
from storefront_api.events.schemas import REQUEST_BODY, BatchResult
from storefront_api.problems import problem_responses

router = APIRouter(prefix="/v1", tags=["events"])


@router.post(
    "/events",
    summary="Report what shoppers did",
    status_code=202,
    responses=problem_responses(403, 413, 422),
    openapi_extra={"requestBody": REQUEST_BODY},
)
async def report_events(
    request: Request, connection: Connection, visitor: CurrentVisitor, user: OptionalUser, now: Now
) -> BatchResult:
    """Up to 500 events. The answer comes when they are durable; one that was sent before counts once.

    A bad event is set aside with its reason and does not spoil the others.
    """
    body = await request.body()
    return await service.capture(connection, body, visitor=visitor, customer_id=user.user_id if user else None, now=now)
