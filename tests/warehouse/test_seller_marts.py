"""Marts of sellers restated by what comes late, beside a recount from the shop's own tables."""

from datetime import date
from typing import Any

import psycopg
import pytest
from psycopg import AsyncConnection
from psycopg.rows import dict_row

from marketplace.local.postgres import EmbeddedPostgres
from pipelines.raw_copy import copy_to_raw
from storefront_api.analytics.days import Days
from storefront_api.seller_analytics.peers import places
from storefront_api.seller_analytics.periods import Period
from tests.warehouse.building import HERE, dbt, failures, rows

MARTS = ("--select", "+fct_seller_months", "+fct_seller_days", "+fct_seller_cohorts", "+fct_seller_questions")
# Eight shops of one category, each with its own number of orders, prices and stars, over two months; the fifth order of each
# but the last is of July, the last month of the category.
FAIR = """
insert into shop.users (user_id, role, email, full_name, signed_up_at)
select 'maker-' || n, 'seller', 'maker-' || n || '@example.org', 'Maker', '2024-01-01 00:00Z' from generate_series(1, 8) as n;
insert into shop.sellers (seller_id, user_id, shop_name, country_code, time_zone, joined_at)
select 'fair-' || n, 'maker-' || n, 'Fair ' || n, 'BD', 'Asia/Dhaka', '2024-01-01 00:00Z' from generate_series(1, 8) as n;
insert into shop.products (product_id, seller_id, category_id, title, price_minor, currency, listed_at)
select 'ware-' || n, 'fair-' || n, 'category-1', 'Ware', 100, 'BDT', '2024-01-01 00:00Z' from generate_series(1, 8) as n;
create temporary table sold as
select n, number, 'fair-order-' || n || '-' || number as order_id, 'crowd-' || (1 + number % 7) as customer_id,
    case when number = 5 and n < 8 then '2024-07-10 00:00Z'
        else timestamptz '2024-03-03 00:00Z' + number * interval '5 days' end as ordered_at
from generate_series(1, 8) as n cross join generate_series(1, 9) as number where number <= 4 + n;
insert into shop.orders (order_id, customer_id, status, currency, subtotal_minor, total_minor, ordered_at, approved_at)
select order_id, customer_id, 'delivered', 'BDT', 100 * n, 100 * n, ordered_at, ordered_at from sold;
insert into shop.order_items (order_item_id, order_id, line_number, product_id, seller_id, quantity, unit_price_minor,
    total_minor, currency, ship_by_at, shipped_at, delivered_at)
select order_id, order_id, 1, 'ware-' || n, 'fair-' || n, 1, 100 * n, 100 * n, 'BDT', ordered_at + interval '3 days',
    ordered_at + (1 + (n * number) % 4) * interval '1 day', ordered_at + interval '6 days'
from sold;
insert into shop.reviews (review_id, order_id, product_id, seller_id, customer_id, rating, reviewed_at)
select 'say-' || order_id, order_id, 'ware-' || n, 'fair-' || n, customer_id, 1 + (n + number) % 5, ordered_at + interval '8 days'
from sold where number % 2 = 0;
"""
LATER = """
insert into shop.refunds (refund_id, order_id, order_item_id, amount_minor, currency, reason, refunded_at)
values ('late-1', 'fair-order-3-1', 'fair-order-3-1', 50, 'BDT', 'late', '2024-05-30 00:00Z');
update shop.reviews set is_hidden = true, updated_at = clock_timestamp() where review_id = 'say-fair-order-2-2';
update shop.reviews set rating = 1, updated_at = clock_timestamp() where review_id = 'say-fair-order-5-4';
update shop.orders set status = 'cancelled', cancelled_at = '2024-03-20 00:00Z', updated_at = clock_timestamp()
where order_id = 'fair-order-7-1';
update shop.products set category_id = 'category-2', updated_at = clock_timestamp() where product_id = 'ware-8';
insert into shop.messages (message_id, seller_id, customer_id, order_id, sender, body, sent_at)
values ('fair-m1', 'fair-1', 'crowd-1', null, 'customer', 'When?', '2024-03-09 10:00Z');
insert into shop.orders (order_id, customer_id, status, currency, subtotal_minor, total_minor, ordered_at, approved_at)
values ('after-a-pause', 'crowd-1', 'approved', 'BDT', 100, 100, '2024-09-10 00:00Z', '2024-09-10 00:00Z');
insert into shop.order_items (order_item_id, order_id, line_number, product_id, seller_id, quantity, unit_price_minor,
    total_minor, currency)
values ('after-a-pause', 'after-a-pause', 1, 'ware-1', 'fair-1', 1, 100, 100, 'BDT');
"""
NO_PAUSE = """
update shop.orders set ordered_at = '2024-03-10 00:00Z', updated_at = clock_timestamp() where order_id = 'after-a-pause'
"""
# Six of one category in March, one of them again in April without an order, and one of another category.
HOME = """
insert into marts.fct_seller_months (seller_id, sale_month, category_name, order_count, repeat_order_count, revenue_minor,
    approved_count, defect_count, shipped_count, late_count, review_count, star_sum)
values ('a', '2024-03-01', 'Home', 5, 1, 500, 5, 0, 0, 0, 0, 0), ('b', '2024-03-01', 'Home', 5, 1, 400, 5, 1, 0, 0, 0, 0),
    ('c', '2024-03-01', 'Home', 5, 1, 400, 5, 2, 0, 0, 0, 0), ('d', '2024-03-01', 'Home', 5, 1, 300, 5, 3, 0, 0, 0, 0),
    ('e', '2024-03-01', 'Home', 5, 1, 200, 5, 4, 0, 0, 0, 0), ('f', '2024-03-01', 'Home', 4, 1, 100, 4, 0, 0, 0, 0, 0),
    ('f', '2024-04-01', 'Home', 0, 0, 0, 0, 0, 0, 0, 0, 0), ('g', '2024-03-01', 'Bags', 9, 1, 900, 9, 0, 9, 0, 9, 36)
"""
TABLES = [f"marts.fct_seller_{name}" for name in ("orders", "customers", "cohorts", "questions", "months", "days")]
# Three months that end with April, from the shop alone: who does better, and of how many.
PLACES = """
    with main as (
        select distinct on (seller_id) seller_id, path
        from (
            select p.seller_id, c.path, count(*) as n from shop.products as p join shop.categories as c using (category_id)
            group by 1, 2
        ) as listed
        order by seller_id, n desc, path
    ), own as (
        select i.seller_id, sum(i.total_minor) as revenue
        from shop.order_items as i join shop.orders as o using (order_id) join shop.sellers as s using (seller_id)
        where o.status in ('approved', 'processing', 'shipped', 'delivered', 'refunded')
            and (o.ordered_at at time zone s.time_zone)::date between '2024-02-01' and '2024-04-30'
            and i.seller_id in (select seller_id from main where path = 'Mugs')
        group by 1
    )
    select seller_id, (select count(*) from own as o where o.seller_id <> own.seller_id) as peer_count,
        (select count(*) filter (where o.revenue < own.revenue) + count(*) filter (where o.revenue = own.revenue) / 2.0
            from own as o where o.seller_id <> own.seller_id) / (select count(*) - 1 from own) as percentile
    from own order by 1
"""


@pytest.fixture(scope="module")
def fair(postgres: EmbeddedPostgres, migrated_template: str) -> str:
    """URL of the small shop with eight more sellers, built once, then restated after what came late."""
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
        connection.execute(f'create database fair template "{migrated_template}"'.encode())
    url = postgres.url("fair")
    with psycopg.connect(url) as connection:
        for shop in ("small_shop", "crowd"):
            connection.execute((HERE / f"{shop}.sql").read_bytes())
        connection.execute(FAIR.encode())
    for late in ("select 1", LATER):
        with psycopg.connect(url) as connection:
            connection.execute(late.encode())
        copy_to_raw(url)
        result = dbt(url, "run", *MARTS)
        assert result.success, failures(result)
    return url


def contents(url: str) -> dict[str, Any]:
    return {table: rows(url, f"select to_jsonb(t)::text from {table} as t order by 1") for table in TABLES}


def test_what_comes_late_leaves_the_tables_of_a_full_build(fair: str) -> None:
    restated = contents(fair)
    assert all(restated.values())
    result = dbt(fair, "run", "--full-refresh", *MARTS)
    assert result.success, failures(result)
    assert contents(fair) == restated


async def stands(url: str, sellers: list[str], until: date, also: str = "select 1") -> dict[str, dict[str, tuple[Any, Any]]]:
    """Percentile and number of others by seller and measure, in the three months that end with `until`."""
    async with await AsyncConnection.connect(url, row_factory=dict_row) as connection:
        await connection.execute(also.encode())
        found = {}
        for seller_id in sellers:
            days = Days(until, until)
            known = Days(date(2024, 1, 1), until)
            period = Period(seller_id, seller_id, "Asia/Dhaka", "BDT", days, "previous", None, known, None)
            found[seller_id] = {
                one.measure.name: (one.percentile, one.peer_count) for one in (await places(connection, period)).places
            }
        await connection.rollback()
    return found


async def test_places_count_who_has_anything_in_one_of_three_months_and_follow_what_comes_late(fair: str) -> None:
    sellers = [f"fair-{n}" for n in range(1, 9)]
    for until in (date(2024, 7, 31), date(2024, 8, 31), date(2024, 9, 30)):
        found = {seller: measures["revenue"] for seller, measures in (await stands(fair, sellers, until)).items()}
        assert found["fair-8"] == (None, None), "another category, and nothing in July"
        first = 0.5 / 6 if until.month == 9 else 0.0  # its order of September makes it the second's equal
        assert found["fair-1"] == (pytest.approx(first), 6)
        assert found["fair-7"] == (1.0, 6)
    with psycopg.connect(fair) as connection:
        connection.execute(NO_PAUSE.encode())
    copy_to_raw(fair)
    result = dbt(fair, "run", *MARTS)
    assert result.success, failures(result)
    assert (await stands(fair, ["fair-1"], date(2024, 9, 30)))["fair-1"]["revenue"] == (0.0, 6)


async def test_places_equal_a_recount_and_nobody_stands_among_fewer_than_five(fair: str) -> None:
    sellers = [seller for (seller,) in rows(fair, "select seller_id from shop.sellers")]
    found = await stands(fair, sellers, date(2024, 4, 30))
    counted = {seller: (pytest.approx(float(share)), count) for seller, count, share in rows(fair, PLACES)}
    assert {seller: measures["revenue"] for seller, measures in found.items() if measures["revenue"][1]} == counted
    assert set(counted) == {"seller-1", *(f"fair-{n}" for n in range(1, 8))}, "fair-8 went to another category"
    assert all(count is None or count >= 5 for measures in found.values() for _, count in measures.values())


async def test_a_place_is_told_only_among_five_others_with_the_measure(fair: str) -> None:
    for until in (date(2024, 3, 31), date(2024, 4, 30)):
        found = await stands(fair, [*"abcdefg"], until, also=HOME)
        assert [found[seller]["revenue"] for seller in "abcdef"] == [(share, 5) for share in (1.0, 0.7, 0.7, 0.4, 0.2, 0.0)]
        assert [found[seller]["orders"] for seller in "abcdef"] == [(share, 5) for share in (0.6, 0.6, 0.6, 0.6, 0.6, 0.0)]
        assert {found[seller]["defects"] for seller in "abcdef"} == {(None, None)}, "four others with five orders"
        assert set(found["g"].values()) == {(None, None)}


def test_a_late_refund_restates_the_order_its_customer_cohort_and_month(fair: str) -> None:
    order = "seller_id = 'fair-3' and customer_id = 'crowd-2'"
    assert rows(fair, f"select sum(refund_minor) from marts.fct_seller_orders where {order}") == [(50,)]
    assert rows(fair, f"select refund_minor from marts.fct_seller_customers where {order}") == [(50,)]
    cohort = "seller_id = 'fair-3' and cohort_month = '2024-03-01' and month_number = 0"
    assert rows(fair, f"select refund_minor from marts.fct_seller_cohorts where {cohort}") == [(50,)]
    month = "seller_id = 'fair-3' and sale_month = '2024-03-01'"
    [(defects,)] = rows(fair, f"select defect_count from marts.fct_seller_months where {month}")
    [(poor,)] = rows(
        fair,
        "select count(distinct order_id) from shop.reviews join shop.orders using (order_id)"
        " where seller_id = 'fair-3' and rating <= 2 and ordered_at < '2024-03-31 18:00Z'",
    )
    assert defects == poor + 1
