"""A seller reads their figures: equal to a recount that takes another way, and nobody else's."""

import csv
import io
import re
from collections import Counter
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from tests.journeys.conftest import DESKTOP, PASSWORD, PHONE

# From the operational tables, not from the marts that the page reads.
RECOUNT = """
    select coalesce(sum(i.total_minor), 0)::bigint as revenue, count(distinct o.order_id)::int as orders,
        coalesce(sum(i.quantity), 0)::int as units, count(distinct o.customer_id)::int as customers
    from shop.order_items as i join shop.orders as o on o.order_id = i.order_id
    where i.seller_id = %s and o.status in ('approved', 'processing', 'shipped', 'delivered', 'refunded')
        and (o.ordered_at at time zone 'Asia/Dhaka')::date between %s and %s
"""
RETURNING = """
    select count(distinct o.customer_id)::int as n
    from shop.order_items as i join shop.orders as o on o.order_id = i.order_id
    where i.seller_id = %s and o.status in ('approved', 'processing', 'shipped', 'delivered', 'refunded')
        and (o.ordered_at at time zone 'Asia/Dhaka')::date between %s and %s and exists (
            select from shop.order_items as ei join shop.orders as e on e.order_id = ei.order_id
            where e.customer_id = o.customer_id and ei.seller_id = i.seller_id
                and e.status in ('approved', 'processing', 'shipped', 'delivered', 'refunded')
                and (e.ordered_at at time zone 'Asia/Dhaka')::date < %s)
"""
FIRST, LAST = date(2026, 10, 12), date(2026, 10, 31)


def seller_of(rows: Any) -> str:
    found = rows(
        "select s.seller_id from shop.sellers as s join shop.users as u on u.user_id = s.user_id"
        " where u.email = 'seller@demo.example'"
    )
    return str(found[0]["seller_id"])


def signed_in(address: str, name: str) -> httpx.Client:
    person = {"email": f"{name}@demo.example", "password": PASSWORD}
    token = httpx.post(f"{address}/v1/sign-in", json=person, trust_env=False).json()["access_token"]
    return httpx.Client(base_url=address, trust_env=False, headers={"authorization": f"Bearer {token}"})


def test_figures_equal_an_independent_recount(address: str, rows: Any) -> None:
    with signed_in(address, "admin") as admin:
        for seller in rows("select seller_id from shop.sellers order by 1"):
            seller_id = seller["seller_id"]
            answer = admin.get(f"/v1/sellers/{seller_id}/overview", params={"from": str(FIRST), "to": str(LAST)}).json()
            figures = {figure["name"]: figure["value"] for figure in answer["figures"]}
            counted = rows(RECOUNT, seller_id, FIRST, LAST)[0]
            returning = rows(RETURNING, seller_id, FIRST, LAST, FIRST)[0]["n"]
            assert figures["revenue"] == counted["revenue"]
            assert figures["orders"] == counted["orders"]
            assert figures["units"] == counted["units"]
            assert figures["order_value"] == (counted["revenue"] / counted["orders"] if counted["orders"] else None)
            assert figures["returning"] == (returning / counted["customers"] if counted["customers"] else None)
            assert sum(day["revenue_minor"] for day in answer["days"]) == counted["revenue"]


def test_seller_never_reads_another_sellers_figures(address: str, rows: Any) -> None:
    own = seller_of(rows)
    other = rows("select seller_id from shop.sellers where seller_id <> %s limit 1", own)[0]["seller_id"]
    with signed_in(address, "seller") as seller:
        assert seller.get(f"/v1/sellers/{own}/overview").status_code == 200
        for path in (
            f"/v1/sellers/{other}/overview",
            f"/v1/sellers/{other}/forecast",
            f"/v1/sellers/{other}/restock",
            f"/seller?seller_id={other}",
            f"/seller/forecast?seller_id={other}",
            f"/seller/forecast/restock.csv?seller_id={other}",
        ):
            assert seller.get(path).status_code == 404, path
    with signed_in(address, "customer") as customer:
        assert customer.get(f"/v1/sellers/{own}/overview").status_code == 403
        assert customer.get(f"/v1/sellers/{own}/restock").status_code == 403


def test_restock_follows_the_sellers_own_lead_time_and_nobody_elses(address: str, rows: Any) -> None:
    own = seller_of(rows)
    other = rows("select seller_id from shop.sellers where seller_id <> %s limit 1", own)[0]["seller_id"]
    settings = {"lead_time_days": 90, "service_level": 0.99, "cover_days": 60}
    with signed_in(address, "seller") as seller:
        usual = seller.get(f"/v1/sellers/{own}/restock").json()
        assert usual["settings"] == {"lead_time_days": 14, "service_level": 0.95, "cover_days": 28}
        assert seller.put(f"/v1/sellers/{other}/restock-settings", json=settings).status_code == 404
        assert seller.put(f"/v1/sellers/{own}/restock-settings", json=settings | {"cover_days": 0}).status_code == 422
        assert seller.put(f"/v1/sellers/{own}/restock-settings", json=settings).json() == settings
        longer = seller.get(f"/v1/sellers/{own}/restock").json()
    assert longer["has_own_settings"]
    before, after = ({one["product_id"]: one for one in said["products"]} for said in (usual, longer))
    assert before.keys() == after.keys() == {
        row["product_id"] for row in rows("select product_id from shop.products where seller_id = %s and is_active", own)
    }  # fmt: skip
    told = [name for name, one in before.items() if one["status"] != "not_enough_data"]
    assert told
    for name in told:
        assert after[name]["reorder_point"] > before[name]["reorder_point"]
        assert after[name]["sold_out_on"] == before[name]["sold_out_on"]
    assert all(one["quantity"] is None for one in before.values() if one["status"] == "not_enough_data")


def test_sold_out_product_that_hardly_sells_needs_no_order(address: str, rows: Any) -> None:
    own = seller_of(rows)
    (told,) = rows(
        "select product_id, units_on_hand, weekly_units, weekly_deviation from predictions.product_forecasts"
        " join shop.products using (product_id) join shop.stock using (product_id)"
        " where products.seller_id = %s and is_active and product_forecasts.status <> 'not_enough_data' order by 1 limit 1",
        own,
    )
    stock = "update shop.stock set units_on_hand = %s where product_id = %s returning 1"
    week = (
        "update predictions.product_forecasts set (weekly_units, weekly_deviation) = (%s, %s) where product_id = %s returning 1"
    )
    rows(stock, 0, told["product_id"])
    rows(week, 0.0001, 0.0001, told["product_id"])
    try:
        with signed_in(address, "seller") as seller:
            page = seller.get("/seller/forecast", headers={"accept": "text/html"}).text
    finally:
        rows(stock, told["units_on_hand"], told["product_id"])
        rows(week, told["weekly_units"], told["weekly_deviation"], told["product_id"])
    needless = re.search(r"<summary>[^<]* no order now or within a year</summary>(.*?)</details>", page, re.DOTALL)
    assert needless is not None
    (item,) = (one for one in needless[1].split("</li>") if f'/products/{told["product_id"]}"' in one)
    assert "0.0 a week, sold out" in item


def test_seller_reads_the_page_and_takes_the_rows_along(visit: Any, rows: Any) -> None:
    seller = visit()
    seller.sign_in("seller")
    page = seller.open(f"/seller?from={FIRST}&to={LAST}")
    counted = rows(RECOUNT, seller_of(rows), FIRST, LAST)[0]
    shown = page.locator(".kpi", has_text="Orders").first.locator(".value").inner_text()
    assert shown == f"{counted['orders']:,}"
    assert page.locator(".chart canvas").count() == 1
    tip = page.locator("#tip-revenue")
    assert not tip.is_visible()
    page.locator("button[aria-describedby=tip-revenue]").focus()
    assert tip.is_visible()
    with page.expect_download() as download:
        page.click("text=CSV")
    table = list(csv.DictReader(io.StringIO(download.value.path().read_text())))
    assert sum(int(row["revenue_minor"]) for row in table) == counted["revenue"]
    assert len(table) == (LAST - FIRST).days + 1


def test_a_shop_where_nothing_has_happened_is_told_so(address: str, rows: Any) -> None:
    rows(
        "with person as (insert into shop.users (user_id, role, email, full_name, signed_up_at)"
        " values ('quiet', 'seller', 'quiet@example.com', 'Quiet', now()) returning user_id)"
        " insert into shop.sellers (seller_id, user_id, shop_name, status, country_code, time_zone, commission_bps, joined_at)"
        " select 'quiet', user_id, 'Quiet Pots', 'approved', 'BD', 'Asia/Dhaka', 800, now() from person returning 1"
    )
    try:
        with signed_in(address, "admin") as admin:
            for tab in ("", "/products", "/customers", "/money", "/forecast", "/performance", "/reviews", "/peers"):
                page = admin.get(f"/seller{tab}", params={"seller_id": "quiet"}, headers={"accept": "text/html"})
                assert page.status_code == 200
                assert "Nothing has happened yet" in page.text, tab
    finally:
        rows("delete from shop.sellers where seller_id = 'quiet' returning 1")
        rows("delete from shop.users where user_id = 'quiet' returning 1")


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_what_a_figure_means_opens_beside_its_sign_and_within_the_window(visit: Any, size: dict[str, int]) -> None:
    reader = visit(size)
    reader.sign_in("admin")
    opened = 0
    for tab in ("", "/products", "/money", "/performance", "/reviews", "/forecast"):
        page = reader.open(f"/seller{tab}")
        for sign in page.locator(".tip > button").all():
            sign.focus()
            words = page.locator(f"#{sign.get_attribute('aria-describedby')}")
            button, box = sign.bounding_box(), words.bounding_box()
            assert -10 < box["y"] - button["y"] < 200, (tab, words.inner_text())
            assert box["x"] >= 0, (tab, words.inner_text())
            assert box["x"] + box["width"] <= size["width"], (tab, words.inner_text())
            opened += 1
    assert opened > 20


def test_times_are_those_of_the_sellers_own_clock(address: str, rows: Any) -> None:
    own = seller_of(rows)
    clock = "update shop.sellers set time_zone = %s where seller_id = %s returning 1"
    rows(clock, "America/New_York", own)
    try:
        with signed_in(address, "seller") as seller:
            page = seller.get("/seller/rows/orders", headers={"accept": "text/html"}).text
            newest = seller.get(f"/v1/sellers/{own}/rows/orders?limit=1").json()["rows"][0]["ordered_at"]
        shown = datetime.fromisoformat(newest).astimezone(ZoneInfo("America/New_York"))
        assert f"{shown.day} {shown:%b %Y, %H:%M}" in page
        assert "Times are those of New York" in page
    finally:
        rows(clock, "Asia/Dhaka", own)


def test_a_share_of_few_orders_is_not_told(address: str, rows: Any) -> None:
    told = Counter[bool]()
    with signed_in(address, "admin") as admin:
        for seller in rows("select seller_id from shop.sellers order by 1"):
            months = admin.get(f"/v1/sellers/{seller['seller_id']}/performance").json()["months"]
            page = admin.get("/seller/performance", params=seller, headers={"accept": "text/html"}).text
            shown = re.findall(r'data-label="With a defect">([^<]+)<', page)
            for month, words in zip(reversed(months), shown, strict=True):
                is_told = month["order_count"] >= 5
                assert ("%" in words) == is_told
                told[is_told] += 1
    assert min(told[True], told[False]) > 0


def test_days_to_come_are_said_to_be_none_yet(address: str) -> None:
    with signed_in(address, "seller") as seller:
        for until, is_said in {LAST: False, date(2027, 1, 1): True}.items():
            page = seller.get("/seller", params={"from": str(FIRST), "to": str(until)}, headers={"accept": "text/html"}).text
            assert ("Figures are whole up to" in page) == is_said


def test_an_administrator_is_told_that_no_shop_has_the_name(address: str, rows: Any) -> None:
    name = rows("select shop_name from shop.sellers order by seller_id limit 1")[0]["shop_name"]
    with signed_in(address, "admin") as admin:
        for words, is_none in {"no such name": True, name[2:].upper(): False, "": False}.items():
            page = admin.get("/seller", params={"shop": words}, headers={"accept": "text/html"}).text
            assert ("No shop’s name holds" in page) == is_none


def test_tagging_that_is_down_is_said_and_costs_nothing(visit: Any, rows: Any) -> None:
    seller = visit()
    seller.sign_in("seller")
    page = seller.open("/seller/listings/new")
    page.fill("#title", "Blue clay mug")
    page.wait_for_selector("#suggestions .notice")
    assert "does not answer" in page.locator("#suggestions").inner_text()
    page.fill("#price", "850")
    page.click("text=List it")
    page.wait_for_selector(".notice.good")
    listed = rows("select price_minor, is_active from shop.products where title = 'Blue clay mug'")
    assert listed == [{"price_minor": 85_000, "is_active": True}]
    page.click("text=Suggest tags for all listings")
    page.wait_for_selector("#job progress")
