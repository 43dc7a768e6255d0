"""Every figure of the seller's pages equals a recount over the operational tables that takes another way, to the minor unit."""

import csv
import io
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import psycopg
import pytest
from psycopg.rows import dict_row

from storefront_api.analytics.days import Days
from storefront_api.seller_analytics import money_repository
from tests.journeys.conftest import UNTIL
from tests.journeys.own_loop import in_own_loop
from tests.journeys.test_seller import FIRST, LAST, signed_in

SALES = "('approved', 'processing', 'shipped', 'delivered', 'refunded')"
LENGTH = LAST - FIRST + timedelta(days=1)
IN_PERIOD = "({} at time zone 'Asia/Dhaka')::date between %(first)s and %(last)s"
MONEY = f"""
    select coalesce(sum((i.unit_price_minor + i.customisation_minor) * i.quantity), 0)::bigint as goods,
        coalesce(sum(i.discount_minor), 0)::bigint as discounts, coalesce(sum(i.shipping_minor), 0)::bigint as shipping,
        coalesce(sum(i.tax_minor), 0)::bigint as tax, coalesce(sum(i.commission_minor), 0)::bigint as commission,
        coalesce(sum(i.total_minor), 0)::bigint as revenue,
        (select coalesce(sum(r.amount_minor), 0)::bigint from shop.refunds as r join shop.order_items as l using (order_item_id)
            join shop.orders as o on o.order_id = r.order_id
            where l.seller_id = %(seller)s and o.status in {SALES} and {IN_PERIOD.format("r.refunded_at")}) as refunds
    from shop.order_items as i join shop.orders as o on o.order_id = i.order_id
    where i.seller_id = %(seller)s and o.status in {SALES} and {IN_PERIOD.format("o.ordered_at")}
"""
VISITS = f"""
    with looks as (
        select e.session_id, min(e.occurred_at) as first_at from shop.events as e
        join shop.products as p on p.product_id = e.product_id
        where p.seller_id = %(seller)s and e.event_type = 'product_view' group by 1
    )
    select count(*)::int as looked,
        count(*) filter (where session_id in (
            select e.session_id from shop.events as e join shop.products as p on p.product_id = e.product_id
            where p.seller_id = %(seller)s and e.event_type = 'cart_add'))::int as carts,
        count(*) filter (where session_id in (
            select o.session_id from shop.orders as o join shop.order_items as i on i.order_id = o.order_id
            where i.seller_id = %(seller)s and o.status in {SALES}))::int as ordered
    from looks where {IN_PERIOD.format("first_at")}
"""
PRODUCT = f"""
    select
        (select count(*)::int from shop.events where product_id = %(product)s and event_type = 'product_view'
            and {IN_PERIOD.format("occurred_at")}) as view_count,
        (select count(*)::int from shop.events where product_id = %(product)s and event_type = 'cart_add'
            and {IN_PERIOD.format("occurred_at")}) as cart_add_count,
        (select count(*)::int from shop.wishlist_items where product_id = %(product)s and removed_at is null) as favourite_count,
        (select units_on_hand from shop.stock where product_id = %(product)s) as units_on_hand,
        coalesce(sum(i.quantity), 0)::int as units_sold, coalesce(sum(i.total_minor), 0)::bigint as revenue_minor
    from shop.order_items as i join shop.orders as o on o.order_id = i.order_id
    where i.product_id = %(product)s and o.status in {SALES} and {IN_PERIOD.format("o.ordered_at")}
"""
# Orders and refunds of the simulation; shoppers of other tests buy later.
EARNED = f"""
    with lines as (
        select i.order_item_id, i.total_minor - i.commission_minor as net_minor, i.delivered_at,
            coalesce((select sum(r.amount_minor) from shop.refunds as r where r.order_item_id = i.order_item_id), 0) as back_minor
        from shop.order_items as i join shop.orders as o on o.order_id = i.order_id
        where i.seller_id = %(seller)s and o.status in {SALES} and o.ordered_at < %(until)s
    )
    select coalesce(sum(net_minor - back_minor), 0)::bigint as earned_in_all,
        coalesce(sum(net_minor - back_minor) filter (where delivered_at is null), 0)::bigint as under_way,
        (select coalesce(sum(net_minor), 0)::bigint from shop.payouts where seller_id = %(seller)s and paid_at is not null)
            as paid_out,
        (select coalesce(sum(net_minor), 0)::bigint from shop.payouts where seller_id = %(seller)s and paid_at is null)
            as settled,
        -- the fraud desk declined some orders afterwards that were delivered, and so paid out
        -(select coalesce(sum(i.total_minor - i.commission_minor), 0)::bigint from shop.order_items as i
            join shop.orders as o on o.order_id = i.order_id
            where i.seller_id = %(seller)s and o.status = 'declined' and i.delivered_at < %(until)s) as unexplained
    from lines
"""
LOW_STOCK = f"""
    select count(*)::int as n from (
        select s.units_on_hand, (
            select coalesce(sum(i.quantity), 0) from shop.order_items as i join shop.orders as o on o.order_id = i.order_id
            where i.product_id = p.product_id and o.status in {SALES}
                and (o.ordered_at at time zone 'Asia/Dhaka')::date between %(last)s::date - 27 and %(last)s::date
        ) as sold
        from shop.products as p join shop.stock as s on s.product_id = p.product_id
        where p.seller_id = %(seller)s and p.is_active
    ) as paces where units_on_hand <= 3 or units_on_hand < sold / 2
"""
# By whom and in how many visits words were searched for right before a look at a product of the seller.
SEARCHES = f"""
    select p.seller_id, lower(btrim(regexp_replace(s.search_query, '\\s+', ' ', 'g'))) as words,
        count(distinct s.session_id)::int as visits,
        count(distinct coalesce(s.customer_id, s.device_id, s.session_id))::int as people
    from shop.events as v join shop.products as p on p.product_id = v.product_id
    cross join lateral (
        select * from shop.events as e where e.session_id = v.session_id and e.event_type = 'search'
            and (e.occurred_at, e.event_id) < (v.occurred_at, v.event_id) order by e.occurred_at desc, e.event_id desc limit 1
    ) as s
    where v.event_type = 'product_view' and {IN_PERIOD.format("s.occurred_at")} group by 1, 2
"""
# What each place of the balance is the sum of.
AMOUNTS = {"paid_out": "net_minor", "settled": "net_minor", "delivered": "amount_minor", "under_way": "amount_minor"}
PERIOD = {"from": str(FIRST), "to": str(LAST)}


@pytest.fixture(scope="module")
def admin(address: str) -> Iterator[httpx.Client]:
    with signed_in(address, "admin") as client:
        yield client


@pytest.fixture(scope="module")
def recount(filled_shop: str) -> Iterator[Any]:
    """A function from a query and the values that it names to its one row."""
    with psycopg.connect(filled_shop, autocommit=True, row_factory=dict_row) as connection:
        yield lambda query, values: connection.execute(query, values).fetchone()


def sellers(rows: Any) -> list[str]:
    return [row["seller_id"] for row in rows("select seller_id from shop.sellers order by 1")]


def asked(admin: httpx.Client, seller: str, what: str, **more: str) -> Any:
    answer = admin.get(f"/v1/sellers/{seller}/{what}", params=PERIOD | more)
    assert answer.status_code == 200, answer.text
    return answer.json()


def table_of(admin: httpx.Client, seller: str, name: str) -> list[dict[str, str]]:
    answer = admin.get(f"/v1/sellers/{seller}/rows/{name}.csv", params=PERIOD)
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text)))


def test_money_adds_up_and_every_step_is_the_recount(admin: httpx.Client, rows: Any, recount: Any) -> None:
    compared = 0
    for seller in sellers(rows):
        money = asked(admin, seller, "money")
        figures = {figure["name"]: figure for figure in money["figures"]}
        values = {"seller": seller, "first": FIRST, "last": LAST}
        counted = recount(MONEY, values)
        earlier = recount(MONEY, values | {"first": FIRST - LENGTH, "last": LAST - LENGTH})
        for name in ("goods", "discounts", "shipping", "tax", "commission", "refunds"):
            assert figures[name]["value"] == counted[name], (seller, name)
            # a seller who began in between has nothing to be compared with
            assert figures[name]["previous"] in (earlier[name], None), (seller, name)
        compared += figures["goods"]["previous"] is not None
        earned = counted["revenue"] - counted["commission"] - counted["refunds"]
        assert figures["earned"]["value"] == earned
        assert sum(step["change_minor"] for step in money["waterfall"][:-1]) == money["waterfall"][-1]["until_minor"] == earned
        statement = table_of(admin, seller, "statement")
        assert sum(int(row["amount_minor"]) for row in statement) == earned
        assert sum(int(row["amount_minor"]) for row in table_of(admin, seller, "refunds")) == counted["refunds"]
    assert compared > 5


def test_all_that_was_earned_is_somewhere(admin: httpx.Client, rows: Any, recount: Any) -> None:
    (latest,) = rows("select * from shop.payouts where net_minor > 0 order by period_end_date desc, payout_id limit 1")
    paid = "update shop.payouts set (status, paid_at) = (%s, %s) where payout_id = %s returning 1"
    rows(paid, "pending", None, latest["payout_id"])
    try:
        settled = _every_place_is_its_recount(admin, rows, recount)
    finally:
        rows(paid, latest["status"], latest["paid_at"], latest["payout_id"])
    assert settled[latest["seller_id"]] >= latest["net_minor"]


def _every_place_is_its_recount(admin: httpx.Client, rows: Any, recount: Any) -> dict[str, int]:
    """What is settled of each seller."""
    settled, under_way, explained = {}, 0, 0
    for seller in sellers(rows):
        balance = {figure["name"]: figure["value"] for figure in asked(admin, seller, "money")["balance"]}
        counted = recount(EARNED, {"seller": seller, "until": UNTIL})
        assert {name: balance.get(name, 0) for name in counted} == counted, seller
        assert balance["earned_in_all"] == sum(value for name, value in balance.items() if name != "earned_in_all")
        for name, column in AMOUNTS.items():
            behind = sum(int(row[column]) for row in table_of(admin, seller, name))
            assert behind == balance.get(name, 0), (seller, name)
        settled[seller] = balance.get("settled", 0)
        under_way += balance["under_way"] > 0
        explained += "unexplained" not in balance
    assert min(under_way, explained) > 5
    return settled


def test_what_a_payout_missed_is_said(admin: httpx.Client, rows: Any) -> None:
    (payout,) = rows("select * from shop.payouts where net_minor > 0 order by net_minor desc, payout_id limit 1")
    less = (
        "update shop.payouts set (gross_minor, net_minor) = (gross_minor - %s, net_minor - %s) where payout_id = %s returning 1"
    )

    def unexplained() -> float:
        found = asked(admin, payout["seller_id"], "money")["balance"]
        return next((figure["value"] for figure in found if figure["name"] == "unexplained"), 0)

    before = unexplained()
    rows(less, 500, 500, payout["payout_id"])
    try:
        assert unexplained() == before + 500
    finally:
        rows(less, -500, -500, payout["payout_id"])


def test_words_are_told_where_enough_people_searched_for_them(admin: httpx.Client, rows: Any, filled_shop: str) -> None:
    with psycopg.connect(filled_shop, row_factory=dict_row) as connection:
        counted = connection.execute(SEARCHES, {"first": FIRST, "last": LAST}).fetchall()
    for seller in sellers(rows):
        words = {row["search_query"]: int(row["visit_count"]) for row in table_of(admin, seller, "searches")}
        of_seller = [row for row in counted if row["seller_id"] == seller]
        assert words == {row["words"]: row["visits"] for row in of_seller if row["people"] >= 5}
        terms = asked(admin, seller, "products")["search_terms"]
        assert {one["search_query"]: one["visit_count"] for one in terms}.items() <= words.items()
    assert any(row["people"] >= 5 for row in counted)
    assert any(row["people"] < 5 <= row["visits"] for row in counted), "the same few people searched often"


def test_what_runs_out_and_is_foretold_is_in_its_rows(admin: httpx.Client, rows: Any, recount: Any) -> None:
    foretold = 0
    for seller in sellers(rows):
        found = asked(admin, seller, "products")
        low = {row["product_id"] for row in table_of(admin, seller, "low_stock")}
        last = asked(admin, seller, "overview")["last_date"]
        listings = {figure["name"]: figure["value"] for figure in found["listings"]}
        assert listings["stock_runs_out"] == len(low) == recount(LOW_STOCK, {"seller": seller, "last": last})["n"]
        assert {product["product_id"] for product in found["low_stock"]} <= low
        days = asked(admin, seller, "forecast")["days"]
        expected = [int(row["expected_minor"]) for row in table_of(admin, seller, "forecast")]
        assert expected == [round(day["revenue_minor"]) for day in reversed(days)]
        foretold += bool(days)
    assert foretold


def test_visits_and_the_way_to_an_order_are_the_recount(admin: httpx.Client, rows: Any, recount: Any) -> None:
    for seller in sellers(rows):
        counted = recount(VISITS, {"seller": seller, "first": FIRST, "last": LAST})
        funnel = [step["value"] for step in asked(admin, seller, "products")["funnel"]]
        assert funnel == [counted["looked"], counted["carts"], counted["ordered"]]
        figures = {figure["name"]: figure["value"] for figure in asked(admin, seller, "overview")["figures"]}
        assert figures["visits"] == counted["looked"]
        assert figures["conversion"] == (figures["orders"] / counted["looked"] if counted["looked"] else None)
        visits = table_of(admin, seller, "visits")
        sums = [sum(int(row[name]) for row in visits) for name in ("has_cart_add", "has_order")]
        assert [len(visits), *sums] == funnel


def test_products_are_the_recount_in_every_order(admin: httpx.Client, rows: Any, recount: Any) -> None:
    seller = sellers(rows)[0]
    columns = {"revenue": "revenue_minor", "units": "units_sold", "views": "view_count", "favourites": "favourite_count"}
    for order, column in columns.items():
        found = asked(admin, seller, "products", order=order)["products"]
        assert [row[column] for row in found] == sorted((row[column] for row in found), reverse=True)
    for product in found:
        counted = recount(PRODUCT, {"product": product["product_id"], "first": FIRST, "last": LAST})
        assert {name: product[name] for name in counted} == counted


def test_rows_behind_a_figure_add_up_to_it_and_the_pages_hold_what_the_file_holds(admin: httpx.Client, rows: Any) -> None:
    seller = sellers(rows)[0]
    figures = {figure["name"]: figure["value"] for figure in asked(admin, seller, "overview")["figures"]}
    orders, lines, buyers = (table_of(admin, seller, name) for name in ("orders", "order_lines", "buyers"))
    assert len(orders) == figures["orders"]
    assert sum(int(row["revenue_minor"]) for row in orders) == sum(int(row["total_minor"]) for row in lines) == figures["revenue"]
    assert sum(int(row["quantity"]) for row in lines) == figures["units"]
    assert sum(int(row["returning_count"]) for row in buyers) / len(buyers) == figures["returning"]
    for name in {one["rows"] for one in admin.get(f"/v1/sellers/{seller}/definitions").json() if one["rows"]}:
        read, cursor = [], {}
        while True:
            page = asked(admin, seller, f"rows/{name}", limit="40", **cursor)
            read += page["rows"]
            if page["next_cursor"] is None:
                break
            cursor = {"cursor": page["next_cursor"]}
        file = table_of(admin, seller, name)
        assert len(read) == len(file), name
        counts = [column["name"] for column in page["columns"] if column["kind"] in ("money", "count")]
        assert [[row[one] for one in counts] for row in read] == [
            [int(row[one]) if row[one] else None for one in counts] for row in file
        ], name


@in_own_loop
async def test_weeks_already_paid_are_what_the_next_payout_would_have_said(
    connection: psycopg.AsyncConnection[dict[str, Any]], rows: Any
) -> None:
    payouts = rows("select * from shop.payouts order by payout_id")
    assert len(payouts) > 50
    for payout in payouts:
        since, until = Days(payout["period_start_date"], payout["period_end_date"]).instants("Asia/Dhaka")
        found = await money_repository.delivered(connection, payout["seller_id"], since=since, until=until)
        assert {name: payout[name] for name in found} == found
