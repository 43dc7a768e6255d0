"""Every query that lists cases: a page of the queue, its counts, the next one to take, and one case as it stands there."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from storefront_api.fraud_reviews.deadlines import CLAIM_LIFETIME, DECIDE_WITHIN
from storefront_api.fraud_reviews.risk import BANDS, RiskLevel
from storefront_api.fraud_reviews.schemas import CaseFilters, QueueOrder

# A claim that ran out counts as none, and so does a snooze, without anybody having to take it back.
_STATUS = (
    "case when c.status = 'open' and c.snoozed_until > %(now)s then 'snoozed'"
    " when c.status = 'claimed' and c.claimed_at < %(now)s - %(lifetime)s then 'open' else c.status end"
)
_SUMMARY = f"""
    select c.fraud_case_id, {_STATUS} as status, c.priority, c.opened_at, c.closed_at,
        case when {_STATUS} <> 'open' then c.claimed_at end as claimed_at,
        case when {_STATUS} <> 'open' then c.claimed_by end as claimed_by,
        case when {_STATUS} <> 'open' then analyst.full_name end as claimed_by_name,
        c.order_id, a.payment_attempt_id, a.customer_id, u.full_name as customer_name, a.amount_minor, a.currency, a.method,
        a.attempted_at, host(a.ip_address) as ip_address, a.ip_country_code,
        ship.country_code as shipping_country_code, a.device_id,
        nullif(concat_ws(' on ', dev.family, dev.operating_system), '') as device_name, d.decision, d.score,
        d.probability, coalesce(d.is_fallback, true) as is_fallback, d.model_version, last_label.outcome,
        array(select t.tag from shop.fraud_case_tags as t where t.fraud_case_id = c.fraud_case_id order by 1) as tags,
        case when {_STATUS} = 'snoozed' then c.snoozed_until end as snoozed_until,
        case when {_STATUS} = 'snoozed' then c.snooze_reason end as snooze_reason
    from shop.fraud_cases as c
    join shop.payment_attempts as a on a.payment_attempt_id = c.payment_attempt_id
    join shop.users as u on u.user_id = a.customer_id
    left join shop.users as analyst on analyst.user_id = c.claimed_by
    left join shop.devices as dev on dev.device_id = a.device_id
    left join shop.addresses as ship on ship.address_id = a.shipping_address_id
    left join lateral (
        select decision, score, probability, is_fallback, model_version from shop.fraud_decisions
        where payment_attempt_id = c.payment_attempt_id order by decided_at desc limit 1
    ) as d on true
    left join lateral (
        select outcome from shop.fraud_labels where payment_attempt_id = c.payment_attempt_id order by labelled_at desc limit 1
    ) as last_label on true
"""
# More cases than analysts who press "start review" in the same instant.
_CANDIDATES = 100
# Each order is a number that rises along the queue; age and id decide between equals, so that the order is total.
_RANKS: dict[QueueOrder, str] = {
    "priority": "-priority",
    "score": "-coalesce(score, -1)",
    "amount": "-amount_minor",
    "oldest": "0::numeric",
    "newest": "-extract(epoch from opened_at)",
}


def _conditions(filters: CaseFilters) -> tuple[str, dict[str, Any]]:
    """What is asked for as SQL over the summary, with its parameters."""
    values = filters.model_dump(exclude={"order", "cursor", "limit"}, exclude_none=True)
    lowest, highest = BANDS.get(filters.risk, (None, None)) if filters.risk else (None, None)
    values |= {"lowest": lowest, "highest": highest}
    sql = {
        "status": "status = %(status)s",
        "risk": "score is null" if filters.risk is RiskLevel.UNSCORED else "score between %(lowest)s and %(highest)s",
        "min_score": "score >= %(min_score)s",
        "min_amount_minor": "amount_minor >= %(min_amount_minor)s",
        "max_amount_minor": "amount_minor <= %(max_amount_minor)s",
        "opened_from": "opened_at >= %(opened_from)s",
        "opened_before": "opened_at < %(opened_before)s",
        "claimed_by": "claimed_by = %(claimed_by)s",
        "tag": "exists (select from shop.fraud_case_tags as t where t.fraud_case_id = cases.fraud_case_id and t.tag = %(tag)s)",
        "search": "(strpos(lower(customer_name), lower(%(search)s)) > 0 or %(search)s in (order_id, fraud_case_id))",
    }
    in_queue = "true" if filters.status or filters.search else "status <> 'snoozed'"
    return " and ".join([in_queue, *(text for name, text in sql.items() if name in values)]), values


def _cases(filters: CaseFilters) -> str:
    """What filters and orders look at, of open or of closed cases; the score costs a search, so only where one asks for it."""
    needs_score = filters.order == "score" or filters.risk is not None or filters.min_score is not None
    score = """(select score from shop.fraud_decisions where payment_attempt_id = c.payment_attempt_id
        order by decided_at desc limit 1)"""
    return f"""(
        select c.fraud_case_id, {_STATUS} as status, case when {_STATUS} <> 'open' then c.claimed_by end as claimed_by,
            c.priority, c.opened_at, c.order_id, c.payment_attempt_id, u.full_name as customer_name, a.amount_minor,
            {score if needs_score else "null::smallint"} as score
        from shop.fraud_cases as c join shop.payment_attempts as a on a.payment_attempt_id = c.payment_attempt_id
        join shop.users as u on u.user_id = a.customer_id
        where c.status {"=" if filters.status == "closed" else "<>"} 'closed'
    ) as cases"""


async def page(
    connection: AsyncConnection[DictRow], filters: CaseFilters, *, after: Sequence[Any] | None, limit: int, now: datetime
) -> list[DictRow]:
    """Up to `limit` cases behind the sort key `after` (rank, opened_at, id), each with its `rank`."""
    where, values = _conditions(filters)
    rank = _RANKS[filters.order]
    place = f"({rank}, opened_at, fraud_case_id) > (%(rank)s::numeric, %(after_at)s::timestamptz, %(after_id)s::text)"
    rank_, at, id_ = after or (None, None, None)
    # `offset 0` keeps the planner from describing every case before it takes the page's
    cursor = await connection.execute(
        f"""
        with found as (
            select fraud_case_id, {rank} as rank from {_cases(filters)} where {where} {f"and {place}" if after else ""}
            order by {rank}, opened_at, fraud_case_id limit %(limit)s
        )
        select summary.*, found.rank::text from found
        join lateral ({_SUMMARY} where c.fraud_case_id = found.fraud_case_id offset 0) as summary on true
        order by found.rank, summary.opened_at, summary.fraud_case_id
        """,  # type: ignore[arg-type]
        values | {"rank": rank_, "after_at": at, "after_id": id_, "limit": limit, "now": now, "lifetime": CLAIM_LIFETIME},
    )
    return await cursor.fetchall()


async def next_open(
    connection: AsyncConnection[DictRow],
    filters: CaseFilters,
    *,
    analyst_id: str,
    except_id: str | None = None,
    is_locked: bool = False,
    now: datetime,
) -> str | None:
    """The first case of the queue for this analyst, not one that they have called unsure: that one needs other eyes.

    Args:
        is_locked: hold the case until the transaction ends, passing over those that somebody else is just taking.
    """
    filters = filters.model_copy(update={"status": "open", "claimed_by": None})
    where, values = _conditions(filters)
    # the last condition is asked again of a row that changed while it was waited for
    cursor = await connection.execute(
        f"""
        with candidates as (
            select fraud_case_id, row_number() over (order by {_RANKS[filters.order]}, opened_at, fraud_case_id) as place
            from {_cases(filters)}
            where {where} and fraud_case_id is distinct from %(except_id)s and not exists (
                select from shop.fraud_labels as l where l.payment_attempt_id = cases.payment_attempt_id
                and l.labelled_by = %(analyst_id)s and l.outcome = 'unsure')
            order by place limit {_CANDIDATES}
        )
        select c.fraud_case_id from candidates join shop.fraud_cases as c using (fraud_case_id)
        where {_STATUS} = 'open' order by place limit 1 {"for update of c skip locked" if is_locked else ""}
        """,  # type: ignore[arg-type]
        values | {"except_id": except_id, "analyst_id": analyst_id, "now": now, "lifetime": CLAIM_LIFETIME},
    )
    row = await cursor.fetchone()
    return row["fraud_case_id"] if row else None


async def counts(connection: AsyncConnection[DictRow], *, analyst_id: str, now: datetime) -> DictRow:
    """How many cases wait, are late, claimed, this analyst's, snoozed, and were closed in the last day; how old the oldest is."""
    cursor = await connection.execute(
        f"""
        select count(*) filter (where {_STATUS} = 'open')::int as open_count,
            count(*) filter (where {_STATUS} = 'claimed')::int as claimed_count,
            count(*) filter (where {_STATUS} = 'claimed' and c.claimed_by = %(analyst_id)s)::int as own_count,
            count(*) filter (where {_STATUS} = 'snoozed')::int as snoozed_count,
            count(*) filter (where c.status <> 'closed' and c.opened_at < %(now)s - %(within)s)::int as late_count,
            count(*) filter (where c.status = 'closed' and c.closed_at > %(now)s - interval '1 day')::int as closed_today_count,
            min(c.opened_at) filter (where c.status <> 'closed') as oldest_opened_at,
            coalesce(sum(a.amount_minor) filter (where c.status <> 'closed'), 0)::bigint as waiting_minor,
            min(a.currency) as currency
        from shop.fraud_cases as c join shop.payment_attempts as a on a.payment_attempt_id = c.payment_attempt_id
        where c.status <> 'closed' or c.closed_at > %(now)s - interval '1 day'
        """,
        {"now": now, "lifetime": CLAIM_LIFETIME, "within": DECIDE_WITHIN, "analyst_id": analyst_id},
    )
    row = await cursor.fetchone()
    assert row is not None
    return row


async def summary(connection: AsyncConnection[DictRow], fraud_case_id: str, *, now: datetime) -> DictRow | None:
    """One case as it stands in the queue."""
    cursor = await connection.execute(
        f"{_SUMMARY} where c.fraud_case_id = %(fraud_case_id)s",  # type: ignore[arg-type]
        {"fraud_case_id": fraud_case_id, "now": now, "lifetime": CLAIM_LIFETIME},
    )
    return await cursor.fetchone()


async def analysts(connection: AsyncConnection[DictRow]) -> list[DictRow]:
    """Who has taken a case so far, by name."""
    cursor = await connection.execute(
        "select user_id, full_name from shop.users where user_id in (select claimed_by from shop.fraud_cases) order by 2, 1"
    )
    return await cursor.fetchall()
