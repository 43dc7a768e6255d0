"""Reading the audit page by page."""

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from marketplace.errors import InvalidInputError
from storefront_api.fraud_audit import repository
from storefront_api.fraud_audit.schemas import AuditEntry, AuditFilters, AuditPage
from storefront_api.pagination import decode_cursor, encode_cursor

_LARGEST_ID = 2**63 - 1


async def list_entries(
    connection: AsyncConnection[DictRow], filters: AuditFilters, *, cursor: str | None, limit: int
) -> AuditPage:
    """One page of the audit, the newest entry first.

    Raises:
        InvalidInputError: the cursor is none of ours.
    """
    before = decode_cursor(cursor, length=1)[0] if cursor else None
    if before is not None and not (isinstance(before, int) and 0 <= before <= _LARGEST_ID):
        raise InvalidInputError("cursor: not one that this list gave; start again without it")
    rows = await repository.entries(connection, filters, before=before, limit=limit + 1)
    more = encode_cursor(rows[limit - 1]["audit_id"]) if len(rows) > limit else None
    return AuditPage(items=[AuditEntry.model_validate(row) for row in rows[:limit]], next_cursor=more)
