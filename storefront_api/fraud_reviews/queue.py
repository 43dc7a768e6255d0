"""Reading the queue: a page of it, and the case that an analyst should take next."""

from datetime import datetime
from decimal import Decimal

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from marketplace.errors import InvalidInputError
from storefront_api.fraud_reviews import queue_repository
from storefront_api.fraud_reviews.schemas import CaseFilters, CasePage, CaseSummary
from storefront_api.pagination import decode_cursor, encode_cursor


async def list_cases(
    connection: AsyncConnection[DictRow], filters: CaseFilters, *, cursor: str | None, limit: int, now: datetime
) -> CasePage:
    """One page of the queue.

    The cursor holds the sort key of the last case: cases that leave the queue meanwhile hide none of those behind them.

    Raises:
        InvalidInputError: the cursor is none of ours, or belongs to another order.
    """
    rows = await queue_repository.page(connection, filters, after=_after(cursor, filters), limit=limit + 1, now=now)
    last = rows[limit - 1] if len(rows) > limit else None
    more = encode_cursor(filters.order, last["rank"], last["opened_at"], last["fraud_case_id"]) if last else None
    return CasePage(items=[CaseSummary.model_validate(row) for row in rows[:limit]], next_cursor=more)


def _after(cursor: str | None, filters: CaseFilters) -> tuple[Decimal, datetime, str] | None:
    if cursor is None:
        return None
    order, rank, opened_at, fraud_case_id = decode_cursor(cursor, length=4)
    try:
        if order != filters.order:
            raise ValueError("another order")
        return Decimal(rank), datetime.fromisoformat(opened_at), str(fraud_case_id)
    except (ArithmeticError, TypeError, ValueError) as error:
        raise InvalidInputError("cursor: belongs to another order of this list; start again without it") from error
