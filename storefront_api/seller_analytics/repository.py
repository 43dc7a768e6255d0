"""Every query behind a seller's figures: marts for the past, the live shop for stock and reviews, predictions ahead."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from marketplace.vocabulary import SALE_STATUSES


async def _rows(connection: AsyncConnection[DictRow], query: str, parameters: Any) -> list[DictRow]:
    return await (await connection.execute(query, parameters)).fetchall()  # type: ignore[arg-type]


async def is_computed(connection: AsyncConnection[DictRow]) -> bool:
    """Whether the pipeline has built the marts that these pages read."""
    tables = [
        "marts.fct_seller_days",
        "marts.fct_product_days",
        "marts.fct_order_items",
        "marts.fct_seller_orders",
        "marts.fct_seller_cohorts",
        "marts.fct_seller_months",
        "marts.fct_seller_questions",
    ]
    rows = await _rows(
        connection, "select bool_and(to_regclass(name) is not null) as yes from unnest(%s::text[]) as name", (tables,)
    )
    return bool(rows[0]["yes"])


async def seller(connection: AsyncConnection[DictRow], seller_id: str) -> DictRow | None:
    """Name, time zone and currency of a seller."""
    rows = await _rows(
        connection,
        "select s.seller_id, s.shop_name, s.time_zone, coalesce(m.currency, 'BDT')::text as currency from shop.sellers as s"
        " left join shop.marketplace as m on true where s.seller_id = %s",
        (seller_id,),
    )
    return rows[0] if rows else None


async def sellers_lately(connection: AsyncConnection[DictRow], *, limit: int) -> list[DictRow]:
    """The sellers with most money in the latest thousand orders, then others, for an administrator to choose from."""
    return await _rows(
        connection,
        """
        with latest as (select order_id from shop.orders order by ordered_at desc limit 1000), sold as (
            select seller_id, sum(total_minor) as total_minor
            from shop.order_items where order_id in (select order_id from latest) group by seller_id
        ), chosen as (
            (select seller_id, total_minor from sold order by total_minor desc, seller_id limit %(limit)s)
            union all
            (select seller_id, null from shop.sellers where seller_id not in (select seller_id from sold)
                order by seller_id limit %(limit)s)
        )
        select s.seller_id, s.shop_name from chosen join shop.sellers as s using (seller_id)
        order by total_minor desc nulls last, s.seller_id limit %(limit)s
        """,
        {"limit": limit},
    )


async def sellers_named(connection: AsyncConnection[DictRow], words: str, *, limit: int) -> list[DictRow]:
    """The sellers whose shop's name holds these words."""
    return await _rows(
        connection,
        "select seller_id, shop_name from shop.sellers where strpos(lower(shop_name), lower(%s)) > 0"
        " order by shop_name, seller_id limit %s",
        (words, limit),
    )


async def last_day_of_trade(connection: AsyncConnection[DictRow], time_zone: str) -> date | None:
    """The day of the marketplace's latest sale: data may go on for weeks after it, with cancellations and reviews only."""
    rows = await _rows(
        connection,
        "select (ordered_at at time zone %s)::date as day from shop.orders where status = any(%s)"
        " order by ordered_at desc limit 1",
        (time_zone, [str(status) for status in SALE_STATUSES]),
    )
    return rows[0]["day"] if rows else None


async def bounds(connection: AsyncConnection[DictRow], seller_id: str) -> DictRow:
    """First and last day with figures, and the last with a visit."""
    rows = await _rows(
        connection,
        "select min(sale_date) as first_date, coalesce(max(sale_date) filter (where is_complete), max(sale_date)) as last_date,"
        " max(sale_date) filter (where visit_count > 0) as visited_date"
        " from marts.fct_seller_days where seller_id = %s",
        (seller_id,),
    )
    return rows[0]


async def computed_at(connection: AsyncConnection[DictRow]) -> datetime | None:
    """When the pipeline last brought the sellers' days up to date."""
    days = ["int_seller_sale_days", "int_seller_visit_days", "int_seller_refund_days"]
    rows = await _rows(connection, "select max(read_at) as computed_at from changes.readers where reader = any(%s)", (days,))
    return rows[0]["computed_at"]  # type: ignore[no-any-return]


async def days(connection: AsyncConnection[DictRow], seller_id: str, first: date, last: date) -> list[DictRow]:
    """Each day from `first` to `last`, both included."""
    return await _rows(
        connection,
        "select sale_date, order_count::int, units_sold::int, revenue_minor::bigint, commission_minor::bigint,"
        " refund_minor::bigint, visit_count::int from marts.fct_seller_days"
        " where seller_id = %s and sale_date between %s and %s order by sale_date",
        (seller_id, first, last),
    )


async def sums(connection: AsyncConnection[DictRow], values: Mapping[str, Any]) -> DictRow:
    """Totals of a period (`Period.values`); customers are counted once however often they bought."""
    rows = await _rows(
        connection,
        """
        with buyers as (
            select distinct customer_id from marts.fct_order_items
            where seller_id = %(seller_id)s and is_sale and ordered_at >= %(since)s and ordered_at < %(until)s
        ), people as (
            select count(*)::int as customer_count, (count(*) filter (where exists (
                select from marts.fct_order_items as earlier
                where earlier.seller_id = %(seller_id)s and earlier.customer_id = buyers.customer_id and earlier.is_sale
                    and earlier.ordered_at < %(since)s
            )))::int as returning_customer_count
            from buyers
        )
        select coalesce(sum(revenue_minor), 0)::bigint as revenue_minor, coalesce(sum(order_count), 0)::int as order_count,
            coalesce(sum(units_sold), 0)::int as units_sold, coalesce(sum(visit_count), 0)::int as visit_count,
            coalesce(sum(refund_minor), 0)::bigint as refund_minor,
            (select customer_count from people) as customer_count,
            (select returning_customer_count from people) as returning_customer_count
        from marts.fct_seller_days where seller_id = %(seller_id)s and sale_date between %(first)s and %(last)s
        """,
        values,
    )
    return rows[0]


async def top_products(
    connection: AsyncConnection[DictRow], seller_id: str, first: date, last: date, *, limit: int
) -> list[DictRow]:
    """The products that brought most, then those most looked at."""
    return await _rows(
        connection,
        "select d.product_id, p.title, sum(d.view_count)::int as view_count, sum(d.cart_add_count)::int as cart_add_count,"
        " sum(d.units_sold)::int as units_sold, sum(d.revenue_minor)::bigint as revenue_minor,"
        " coalesce(max(st.units_on_hand), 0)::int as units_on_hand"
        " from marts.fct_product_days as d join shop.products as p on p.product_id = d.product_id"
        " left join shop.stock as st on st.product_id = d.product_id"
        " where d.seller_id = %s and p.seller_id = %s and d.sale_date between %s and %s"
        " group by 1, 2 order by revenue_minor desc, view_count desc, product_id limit %s",
        (seller_id, seller_id, first, last, limit),
    )


async def reviews(connection: AsyncConnection[DictRow], seller_id: str, *, limit: int) -> list[DictRow]:
    """The latest reviews with words; who wrote them stays with the shop."""
    return await _rows(
        connection,
        "select r.review_id, r.product_id, p.title as product_title, r.rating, r.title, r.body, r.reviewed_at"
        " from shop.reviews as r join shop.products as p on p.product_id = r.product_id"
        " where r.seller_id = %s and not r.is_hidden"
        " order by (r.body is null and r.title is null), r.reviewed_at desc, r.review_id limit %s",
        (seller_id, limit),
    )


async def forecast(connection: AsyncConnection[DictRow], seller_id: str) -> list[DictRow]:
    """The days of the newest forecast."""
    return await _rows(
        connection,
        "select * from predictions.seller_forecasts where seller_id = %s and computed_at = ("
        " select max(computed_at) from predictions.seller_forecasts where seller_id = %s) order by forecast_date",
        (seller_id, seller_id),
    )
