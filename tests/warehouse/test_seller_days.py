"""Days of sellers and listings at midnights, on other clocks, after a late refund: equal to a recount of operational tables."""

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row

from marketplace.local.postgres import EmbeddedPostgres
from marketplace.vocabulary import SALE_STATUSES
from pipelines.raw_copy import copy_to_raw
from storefront_api.analytics import rows
from storefront_api.seller_analytics import service
from storefront_api.seller_analytics.money_service import money_of
from storefront_api.seller_analytics.periods import period_of
from storefront_api.seller_analytics.registry import ROW_TABLES
from storefront_api.seller_analytics.repository import seller as seller_row
from tests.warehouse.building import dbt, failures
from tests.warehouse.building import rows as rows_of

# Berlin's 31 March 2024 has 23 hours: it begins at 23:00 and ends at 22:00 UTC.
BERLIN_MIDNIGHTS = ("2024-03-30 23:00Z", "2024-03-31 22:00Z")
DHAKA_MIDNIGHTS = ("2024-03-30 18:00Z", "2024-03-31 18:00Z")
DAYS = [date(2024, 3, 29), date(2024, 3, 30), date(2024, 3, 31), date(2024, 4, 1)]
# Havana's 5 November 2023 begins twice: at one o'clock the clock is set to midnight.
HAVANA_MIDNIGHTS = ("2023-11-05 04:00Z", "2023-11-05 05:00Z")
HAVANA_DAYS = [date(2023, 11, 4), date(2023, 11, 5)]
SHOP = """
    insert into shop.users (user_id, role, email, full_name, signed_up_at)
        values ('owner-3', 'seller', 'three@example.org', 'Owner Three', '2024-01-01 00:00Z'),
            ('owner-4', 'seller', 'four@example.org', 'Owner Four', '2023-01-01 00:00Z');
    insert into shop.sellers (seller_id, user_id, shop_name, country_code, time_zone, joined_at)
        values ('seller-3', 'owner-3', 'Three', 'DE', 'Europe/Berlin', '2024-01-01 00:00Z'),
            ('seller-4', 'owner-4', 'Four', 'CU', 'America/Havana', '2023-01-01 00:00Z');
    insert into shop.products (product_id, seller_id, category_id, title, price_minor, currency, listed_at)
        values ('vase', 'seller-3', 'category-1', 'Vase', 1000, 'BDT', '2024-02-01 00:00Z'),
            ('lamp', 'seller-4', 'category-1', 'Lamp', 1000, 'BDT', '2023-02-01 00:00Z'),
            ('cup', 'seller-4', 'category-1', 'Cup', 1000, 'BDT', '2023-02-01 00:00Z');
    insert into shop.refunds (refund_id, order_id, order_item_id, amount_minor, currency, reason, refunded_at)
        values ('late', 'o1', 'i2', 500, 'BDT', 'late', '2024-03-06 02:30Z');
"""
SALE = """
    insert into shop.orders (order_id, customer_id, status, currency, subtotal_minor, total_minor, ordered_at, approved_at)
        values (%(id)s, 'noor', 'approved', 'BDT', %(price)s, %(price)s, %(at)s, %(at)s);
    insert into shop.order_items (order_item_id, order_id, line_number, product_id, seller_id, quantity, unit_price_minor,
        commission_minor, total_minor, currency)
        values (%(id)s || '/1', %(id)s, 1, %(product)s, %(seller)s, 1, %(price)s, 7, %(price)s, 'BDT');
"""
LOOK = """
    insert into shop.events (event_id, event_type, session_id, product_id, occurred_at)
        values (%(id)s || '/e', 'product_view', %(id)s || '/v', %(product)s, %(at)s);
"""
# Clocks on which no day begins sooner than in Havana; and a listing moves from there to another clock.
LATER_CLOCKS = """
    update shop.sellers set time_zone = case seller_id when 'seller-1' then 'America/Los_Angeles' else 'America/Havana' end;
    update shop.products set seller_id = 'seller-1' where product_id = 'cup';
"""
PRODUCT_DAYS = """
    select happened.product_id, seller_id, (at at time zone time_zone)::date as sale_date,
        sum(sold)::int as units_sold, sum(viewed)::int as view_count
    from (
        select product_id, ordered_at as at, quantity as sold, 0 as viewed
            from shop.order_items join shop.orders using (order_id) where status = any(%s)
        union all
        select product_id, occurred_at, 0, (event_type = 'product_view')::int
            from shop.events where event_type in ('product_view', 'cart_add')
    ) as happened join shop.products using (product_id) join shop.sellers using (seller_id)
    group by 1, 2, 3 order by 1, 3
"""
RECOUNT = """
    select coalesce(sum(i.total_minor), 0)::bigint as revenue, count(distinct o.order_id)::int as orders,
        (select count(distinct e.session_id)::int from shop.events as e join shop.products as p on p.product_id = e.product_id
            where p.seller_id = s.seller_id and e.event_type = 'product_view'
                and (e.occurred_at at time zone s.time_zone)::date = %(day)s) as visits
    from shop.sellers as s left join (
        shop.order_items as i join shop.orders as o on o.order_id = i.order_id and o.status = 'approved'
    ) on i.seller_id = s.seller_id and (o.ordered_at at time zone s.time_zone)::date = %(day)s
    where s.seller_id = %(seller)s group by s.seller_id, s.time_zone
"""


@pytest.fixture(scope="module")
def shop(small_shop: str, postgres: EmbeddedPostgres) -> Iterator[str]:
    """The small shop with a seller in Berlin, trade at midnights, and a refund that comes months after its day."""
    original = small_shop.rsplit("/", 1)[1]
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as server:
        server.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [original])
        server.execute(f'create database seller_days template "{original}"'.encode())
        url = postgres.url("seller_days")
        with psycopg.connect(url, cursor_factory=psycopg.ClientCursor) as connection:
            before = refunded(connection)
            connection.execute(SHOP.encode())
            price = 1000
            for seller, product, midnights in (
                ("seller-1", "mug", DHAKA_MIDNIGHTS),
                ("seller-3", "vase", BERLIN_MIDNIGHTS),
                ("seller-4", "lamp", HAVANA_MIDNIGHTS),
            ):
                for midnight in midnights:
                    for seconds in (-1, 0):
                        price += 1
                        at = datetime.fromisoformat(midnight) + timedelta(seconds=seconds)
                        trade(connection, SALE + LOOK, seller, product, price, at)
            trade(connection, SALE, "seller-4", "cup", 1000, datetime(2024, 3, 30, 5, tzinfo=UTC))
        copy_to_raw(url)
        result = dbt(url, "run", "--select", "+fct_seller_days", "fct_seller_searches", "fct_product_days")
        assert result.success, failures(result)
        with psycopg.connect(url) as connection:
            assert refunded(connection) == before + 500, "a refund that arrives late restates its day"
        yield url
        server.execute(b"drop database seller_days with (force)")


@pytest.fixture
async def connection(shop: str) -> AsyncIterator[AsyncConnection[DictRow]]:
    async with await AsyncConnection.connect(shop, row_factory=dict_row) as connection:
        yield connection


def trade(connection: psycopg.Connection[Any], script: str, seller: str, product: str, price: int, at: datetime) -> None:
    """One order or look or both at an instant, at a price of its own."""
    connection.execute(script.encode(), {"id": f"at-{price}", "seller": seller, "product": product, "price": price, "at": at})


def refunded(connection: psycopg.Connection[Any]) -> int:
    """What seller 2 gave back on the day of the late refund, which is the 5th in São Paulo."""
    query = "select refund_minor from marts.fct_seller_days where seller_id = 'seller-2' and sale_date = '2024-03-05'"
    row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.parametrize(("seller_id", "days"), [("seller-1", DAYS), ("seller-3", DAYS), ("seller-4", HAVANA_DAYS)])
async def test_figures_and_rows_of_days_beside_a_midnight_are_the_recount(
    connection: AsyncConnection[DictRow], seller_id: str, days: list[date]
) -> None:
    seller = await seller_row(connection, seller_id)
    assert seller is not None
    orders = 0
    for day in days:
        period = await period_of(connection, seller, first=day, last=day)
        assert period is not None
        counted = await (await connection.execute(RECOUNT, {"seller": seller_id, "day": day})).fetchone()
        figures = {figure.name: figure.value for figure in await service.sales_figures(connection, period)}
        assert counted == {name: figures[name] for name in counted or ()}
        behind = await rows.totals(connection, ROW_TABLES["orders"], period)
        assert (behind["row_count"], behind["revenue_minor"]) == (figures["orders"], figures["revenue"])
        assert (await rows.totals(connection, ROW_TABLES["visits"], period))["row_count"] == figures["visits"]
        orders += behind["row_count"]
    assert orders == 4


async def test_refund_that_arrived_late_stands_on_its_day_in_every_table(connection: AsyncConnection[DictRow]) -> None:
    seller = await seller_row(connection, "seller-2")
    assert seller is not None
    period = await period_of(connection, seller, first=date(2024, 3, 5), last=date(2024, 3, 5))
    assert period is not None
    refunds = await rows.read_page(connection, ROW_TABLES["refunds"], period, cursor=None, limit=100)
    assert [row["amount_minor"] for row in refunds.rows if row["refund_id"] == "late"] == [500]
    figures = {figure.name: figure.value for figure in (await money_of(connection, period)).figures}
    assert (await rows.totals(connection, ROW_TABLES["refunds"], period))["amount_minor"] == figures["refunds"]
    assert (await rows.totals(connection, ROW_TABLES["statement"], period))["amount_minor"] == figures["earned"]


@pytest.fixture
def on_later_clocks(shop: str, postgres: EmbeddedPostgres) -> Iterator[str]:
    """A copy of the shop, restated: sellers have changed their clocks, a listing its seller, and Havana has had more trade."""
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as server:
        server.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = 'seller_days'")
        server.execute(b"create database later_clocks template seller_days")
        url = postgres.url("later_clocks")
        with psycopg.connect(url, cursor_factory=psycopg.ClientCursor) as connection:
            connection.execute(LATER_CLOCKS.encode())
            trade(connection, SALE + LOOK, "seller-4", "lamp", 2000, datetime(2023, 11, 5, 17, tzinfo=UTC))
        copy_to_raw(url)
        result = dbt(url, "run", "--select", "+fct_product_days", "+int_seller_visit_days")
        assert result.success, failures(result)
        yield url
        server.execute(b"drop database later_clocks with (force)")


def test_days_of_listings_are_the_recount_whatever_became_of_clocks(on_later_clocks: str) -> None:
    stored = rows_of(
        on_later_clocks,
        "select product_id, seller_id, sale_date, units_sold, view_count from marts.fct_product_days order by 1, 3",
    )
    with psycopg.connect(on_later_clocks) as connection:
        counted = connection.execute(PRODUCT_DAYS.encode(), [list(SALE_STATUSES)]).fetchall()
    assert stored == counted
    assert ("lamp", "seller-4", date(2023, 11, 5), 4, 4) in stored, "a day that begins twice has both its first hours"
    assert [row[1:4] for row in stored if row[0] == "cup"] == [("seller-1", date(2024, 3, 29), 1)]

    viewed = rows_of(
        on_later_clocks, "select seller_id, sale_date, product_view_count from intermediate.int_seller_visit_days order by 1, 2"
    )
    looks: Counter[tuple[str, date]] = Counter()
    for _, seller, day, _, views in counted:
        looks[seller, day] += views
    assert [row for row in viewed if row[2]] == sorted((*key, views) for key, views in looks.items() if views)
