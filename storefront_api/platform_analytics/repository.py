"""The platform's queries that are not tables of rows: what there is, the sums of a period, and what was expected."""

from datetime import date
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow

Shop = AsyncConnection[DictRow]


async def _rows(connection: Shop, query: str, parameters: Any = None) -> list[DictRow]:
    return await (await connection.execute(query, parameters)).fetchall()  # type: ignore[arg-type]


async def is_computed(connection: Shop) -> bool:
    """Whether the pipeline has built the marts that these pages read."""
    tables = ["fct_platform_days", "fct_funnel_days", "fct_cohort_months", "fct_league_months"]
    rows = await _rows(
        connection, "select bool_and(to_regclass('marts.' || name) is not null) as yes from unnest(%s::text[]) as name", (tables,)
    )
    return bool(rows[0]["yes"])


async def currencies(connection: Shop) -> list[str]:
    """What was sold in, the most frequent first."""
    rows = await _rows(
        connection, "select currency from marts.fct_platform_days group by 1 order by sum(order_count) desc, currency"
    )
    return [row["currency"] for row in rows]


async def bounds(connection: Shop, currency: str) -> DictRow:
    """The first day with a sale, the last whole one, and when the newest order behind them was copied."""
    rows = await _rows(
        connection,
        """
        select first_date, greatest(first_date, least(last_date, whole_date)) as last_date,
            (select loaded_at from raw_shop.orders order by updated_at desc limit 1) as computed_at
        from (
            select min(sale_date) as first_date, max(sale_date) as last_date
            from marts.fct_platform_days where currency = %s
        ) as days
        cross join (
            select (bounds.last_midnight_at at time zone coalesce(shop.time_zone, 'UTC'))::date - 1 as whole_date
            from intermediate.int_time_bounds as bounds left join shop.marketplace as shop on true
        ) as whole
        """,
        (currency,),
    )
    return rows[0]


async def months(connection: Shop, currency: str, last: date) -> list[date]:
    """The first days of the months with sales or refunds until day `last`, the newest first."""
    rows = await _rows(
        connection,
        "select distinct date_trunc('month', sale_date)::date as month from marts.fct_platform_days"
        " where currency = %s and sale_date <= %s order by 1 desc",
        (currency, last),
    )
    return [row["month"] for row in rows]


async def sums(connection: Shop, values: dict[str, Any]) -> DictRow:
    """Money, orders and visits of a period."""
    rows = await _rows(
        connection,
        """
        select coalesce(sum(revenue_minor), 0)::bigint as revenue_minor, coalesce(sum(order_count), 0)::int as order_count,
            coalesce(sum(units_sold), 0)::int as units_sold, coalesce(sum(commission_minor), 0)::bigint as commission_minor,
            coalesce(sum(refund_minor), 0)::bigint as refund_minor,
            coalesce(sum(new_customer_count), 0)::int as new_customer_count
        from marts.fct_platform_days where sale_date between %(first)s and %(last)s and currency = %(currency)s
        """,
        values,
    )
    return rows[0]


async def funnel(connection: Shop, values: dict[str, Any]) -> DictRow:
    """Visits of a period by the step that they came to."""
    rows = await _rows(
        connection,
        """
        select coalesce(sum(session_count), 0)::int as session_count,
            coalesce(sum(view_session_count), 0)::int as view_session_count,
            coalesce(sum(cart_session_count), 0)::int as cart_session_count,
            coalesce(sum(checkout_session_count), 0)::int as checkout_session_count,
            coalesce(sum(order_session_count), 0)::int as order_session_count
        from marts.fct_funnel_days where visit_date between %(first)s and %(last)s
        """,
        values,
    )
    return rows[0]


async def league_sums(connection: Shop, values: dict[str, Any]) -> DictRow:
    """How many sold in the month, how much that was, and how much of it the best tenth of them sold."""
    rows = await _rows(
        connection,
        """
        with sold as not materialized (
            select revenue_minor from marts.fct_league_months
            where sale_month = %(month)s and currency = %(currency)s and revenue_minor > 0
        ), counted as (
            select count(*)::int as seller_count, coalesce(sum(revenue_minor), 0)::bigint as revenue_minor from sold
        ), places as (
            -- found by walking the index: sorting all sellers takes longer than all else on the page
            select *,
                (select revenue_minor from sold order by revenue_minor limit 1
                    offset greatest(ceil(0.5 * seller_count)::int - 1, 0)) as median_minor,
                (select revenue_minor from sold order by revenue_minor limit 1
                    offset greatest(ceil(0.9 * seller_count)::int - 1, 0)) as tenth_minor
            from counted
        )
        select seller_count, revenue_minor, median_minor,
            (select coalesce(sum(revenue_minor), 0)::bigint from sold where revenue_minor >= tenth_minor) as top_minor
        from places
        """,
        values,
    )
    return rows[0]


async def outlook_totals(connection: Shop, subject: str, currency: str) -> DictRow | None:
    """What is expected of all `customers`, or `sellers`, together, and by which version; None where nothing was computed."""
    rows = await _rows(
        connection, "select * from predictions.outlook_totals where subject = %s and currency = %s", (subject, currency)
    )
    return rows[0] if rows else None


async def deciles(connection: Shop) -> list[DictRow]:
    """Expectation and outcome by tenth, of days that the version had not seen."""
    return await _rows(connection, "select * from predictions.outlook_deciles order by subject, decile")


async def measured(connection: Shop, version: str) -> list[DictRow]:
    """How the version and the methods beside it did when it was trained."""
    return await _rows(
        connection,
        "select method, is_served, metric, value, low, high from monitoring.model_evaluations"
        " where model_name = 'outlook' and model_version = %s",
        (version,),
    )
