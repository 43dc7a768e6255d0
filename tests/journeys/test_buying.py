"""A shopper buys a customised piece, checkout holds it, an analyst lets it go on."""

from typing import Any

from tests.journeys.conftest import PHONE

DEAR = """
    select p.product_id, p.title from shop.products as p join shop.stock as s using (product_id)
    where p.is_active and s.units_on_hand > 3 and p.price_minor > 300000 and exists (
        select from shop.customisations as c where c.product_id = p.product_id and c.kind = 'text')
    order by p.price_minor limit 1
"""


def empty_cart(rows: Any, email: str) -> None:
    """Simulated people leave things in their carts; a journey begins without."""
    rows(
        "update shop.carts set status = 'abandoned' where status = 'open' and customer_id ="
        " (select user_id from shop.users where email = %s) returning cart_id",
        email,
    )


def test_guest_customises_signs_in_buys_and_the_order_is_held_then_approved(visit: Any, rows: Any) -> None:
    empty_cart(rows, "customer@demo.example")
    product = rows(DEAR)[0]
    shopper = visit(PHONE)
    page = shopper.open("/")
    assert page.locator("text=Simulated marketplace").is_visible()
    page.fill("#search", product["title"])
    page.keyboard.press("Enter")
    page.wait_for_load_state("networkidle")
    page.locator(f"main h3 >> text={product['title']}").first.click()
    page.wait_for_load_state("networkidle")

    page.locator("input[type=text][name^='choice.']").first.fill("Maya")
    page.fill("#quantity", "2")
    page.wait_for_selector("#price >> text=× 2")  # the price follows what is typed
    after = page.locator(".total b").inner_text()
    shopper.press("Add to cart")
    assert page.locator("text=It is in your cart").is_visible()
    assert after in page.locator("main").inner_text(), "the cart asks what the product page showed"

    page.click("text=Sign in and check out")
    page.wait_for_load_state("networkidle")
    page.fill("#email", "customer@demo.example")
    page.fill("#password", "customise-you")
    page.click("form[action='/sign-in'] button")
    page.wait_for_url("**/checkout")
    shopper.press("Place the order")
    assert "we are having a look" in page.locator("h1").inner_text()
    order_id = page.url.rsplit("/", 1)[-1]

    events = rows("select event_type from shop.events where event_type <> 'page_view' order by created_at desc limit 40")
    assert {"product_view", "search", "cart_add", "checkout_start", "purchase"} <= {row["event_type"] for row in events}

    analyst = visit()
    analyst.sign_in("analyst")
    desk = analyst.open("/fraud")
    assert desk.locator("h1").inner_text() == "Fraud review"
    case = rows("select fraud_case_id from shop.fraud_cases where order_id = %s", order_id)[0]["fraud_case_id"]
    analyst.open(f"/fraud/cases/{case}")
    analyst.press("Claim this case")
    assert desk.locator("text=Claimed by you").is_visible()
    desk.check("input[name=outcome][value=legitimate]")
    desk.fill("#reason", "Customer confirmed by phone")
    analyst.press("Decide and take the next case")

    page.reload()
    assert "approved" in page.locator("main").inner_text()
    label = rows("select outcome, labelled_at from shop.fraud_labels where order_id = %s", order_id)[0]
    assert label["outcome"] == "legitimate"


def test_refused_card_is_told_kindly_and_charges_nothing(visit: Any, rows: Any) -> None:
    empty_cart(rows, "customer2@demo.example")
    product = rows(DEAR)[0]
    shopper = visit()
    shopper.sign_in("customer2")
    page = shopper.open(f"/products/{product['product_id']}")
    page.locator("input[type=text][name^='choice.']").first.fill("Rafi")
    shopper.press("Add to cart")
    page.click("text=Go to checkout")
    page.check("input[name=payment][value=refused]")
    shopper.press("Place the order")
    assert "could not accept" in page.locator("h1").inner_text()
    order_id = page.url.rsplit("/", 1)[-1]
    assert rows("select count(*)::int as n from shop.transactions where order_id = %s", order_id) == [{"n": 0}]
    assert "fraud" not in page.locator("main").inner_text().lower()


def test_why_this_opens_by_keyboard_and_a_click_from_a_shelf_is_remembered(visit: Any, rows: Any) -> None:
    shopper = visit()
    shopper.sign_in("customer")
    page = shopper.open("/")
    why = page.locator("details.why summary").first
    why.focus()
    page.keyboard.press("Enter")
    assert page.locator("details.why[open] .panel").is_visible()
    page.keyboard.press("Escape")
    assert page.locator("details.why[open]").count() == 0
    page.locator("section[data-shelf=for_you] h3 a").first.click()
    page.wait_for_load_state("networkidle")
    click = rows("select * from shop.events where event_type = 'recommendation_click' order by created_at desc limit 1")[0]
    shown = rows("select shelf, product_id from shop.impressions where request_id = %s and position = 1", click["request_id"])
    assert shown == [{"shelf": "for_you", "product_id": click["product_id"]}]
