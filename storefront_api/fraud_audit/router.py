"""`/v1/fraud/audit`: who did what at the fraud desk."""

from typing import Annotated

from fastapi import APIRouter, Query

from storefront_api.dependencies import Connection
from storefront_api.fraud_audit import service
from storefront_api.fraud_audit.schemas import AuditPage, AuditQuery
from storefront_api.fraud_reviews.router import Analyst
from storefront_api.problems import problem_responses

router = APIRouter(prefix="/v1/fraud", tags=["fraud review"], responses=problem_responses(401, 403, 422))


@router.get("/audit", summary="Audit of the fraud desk")
async def list_audit(connection: Connection, analyst: Analyst, query: Annotated[AuditQuery, Query()]) -> AuditPage:
    """What analysts and administrators did, the newest first; the log is append-only."""
    return await service.list_entries(connection, query, cursor=query.cursor, limit=query.limit)
