"""Every query behind the money page."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from storefront_api.seller_analytics.money import IS_DELIVERED, UNDER_WAY


async def sums(connection: AsyncConnection[DictRow], values: Mapping[str, Any]) -> DictRow:
    """The parts of a period's money, by the names of their figures."""
    query = """
        select coalesce(sum(gross_minor), 0)::bigint as goods, coalesce(sum(discount_minor), 0)::bigint as discounts,
            coalesce(sum(shipping_minor), 0)::bigint as shipping, coalesce(sum(tax_minor), 0)::bigint as tax,
            coalesce(sum(commission_minor), 0)::bigint as commission, coalesce(sum(refund_minor), 0)::bigint as refunds
        from marts.fct_seller_days where seller_id = %(seller_id)s and sale_date between %(first)s and %(last)s
    """
    row = await (await connection.execute(query, values)).fetchone()
    assert row is not None
    return row


async def payouts(connection: AsyncConnection[DictRow], seller_id: str, *, limit: int) -> list[DictRow]:
    """The latest payouts, newest week first."""
    query = (
        "select payout_id, period_start_date, period_end_date, gross_minor, commission_minor, refund_minor, net_minor, status,"
        " paid_at from shop.payouts where seller_id = %s order by period_end_date desc, payout_id limit %s"
    )
    return await (await connection.execute(query, (seller_id, limit))).fetchall()


async def balance(connection: AsyncConnection[DictRow], seller_id: str) -> DictRow:
    """What was earned since the first sale, and of it what was paid out, what is settled, and what is not delivered yet."""
    query = f"""
        select * from (
            select coalesce(sum(revenue_minor - commission_minor - refund_minor), 0)::bigint as earned_in_all
            from marts.fct_seller_days where seller_id = %(seller_id)s
        ) as earned
        cross join (select coalesce(sum(amount_minor), 0)::bigint as under_way from ({UNDER_WAY}) as movements) as waiting
        cross join (
            select coalesce(sum(net_minor) filter (where status = 'paid'), 0)::bigint as paid_out,
                coalesce(sum(net_minor) filter (where status = 'pending'), 0)::bigint as settled
            from shop.payouts where seller_id = %(seller_id)s
        ) as payouts
    """
    row = await (await connection.execute(query, {"seller_id": seller_id})).fetchone()  # type: ignore[arg-type]
    assert row is not None
    return row


async def delivered(connection: AsyncConnection[DictRow], seller_id: str, *, since: datetime, until: datetime | None) -> DictRow:
    """What a payout of this time holds: lines delivered in it, and refunds in it of lines that were delivered."""
    query = f"""
        select lines.gross_minor, lines.commission_minor, refunds.refund_minor,
            lines.gross_minor - lines.commission_minor - refunds.refund_minor as net_minor
        from (
            select coalesce(sum(total_minor), 0)::bigint as gross_minor,
                coalesce(sum(commission_minor), 0)::bigint as commission_minor
            from marts.fct_order_items
            where seller_id = %(seller_id)s and delivered_at >= %(since)s
                and delivered_at < coalesce(%(until)s::timestamptz, 'infinity')
        ) as lines
        cross join (
            select coalesce(sum(amount_minor), 0)::bigint as refund_minor
            from marts.fct_refunds as refunds
            inner join marts.fct_orders as orders on orders.order_id = refunds.order_id
            where refunds.seller_id = %(seller_id)s and refunds.refunded_at >= %(since)s
                and refunds.refunded_at < coalesce(%(until)s::timestamptz, 'infinity') and {IS_DELIVERED}
        ) as refunds
    """
    values = {"seller_id": seller_id, "since": since, "until": until}
    row = await (await connection.execute(query, values)).fetchone()  # type: ignore[arg-type]
    assert row is not None
    return row
