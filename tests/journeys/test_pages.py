"""Every page at a desk and on a phone: it answers, names itself, fits the screen, and the browser has nothing to complain of."""

from typing import Any

import pytest

from tests.journeys.conftest import DESKTOP, PHONE

PAGES = {
    None: ["/", "/search", "/search?query=mug", "/search?query=nothing-like-this", "/cart", "/sign-in", "/docs", "/your-shelves"],
    "customer": ["/", "/orders", "/cart", "/your-shelves", "/compare", "/compare?beside=challenger"],
    "seller": [
        "/seller",
        "/seller?days=7&compare=year",
        "/seller/products",
        "/seller/products?from=2001-01-01&to=2001-01-02",
        "/seller/money",
        "/seller/money?from=2001-01-01&to=2001-01-02",
        "/seller/forecast",
        "/seller/customers?days=90",
        "/seller/customers?from=2001-01-01&to=2001-01-02",
        "/seller/performance",
        "/seller/reviews",
        "/seller/peers",
        "/seller/rows/service_orders",
        "/seller/rows/questions",
        "/seller/rows/reviews",
        "/seller/rows/customers_new",
        "/seller/rows/cohort_months?from=2026-09-01&to=2026-10-31",
        "/seller/rows/regions",
        "/seller/rows/own_months?from=2026-08-01&to=2026-10-31",
        "/seller/listings",
        "/seller/listings/new",
        "/seller/tagging",
        "/seller/tagging/acceptance",
        "/seller/rows/orders",
        "/seller/rows/low_stock",
        "/seller/rows/theme_reviews",
        "/seller/rows/searches",
        "/seller/rows/forecast",
        "/seller/rows/under_way",
        "/seller/rows/delivered",
        "/seller/rows/paid_out",
        "/seller/rows/settled",
        "/seller/rows/days?from=2001-01-01&to=2001-01-02",
    ],
    "analyst": [
        "/fraud",
        "/fraud?status=closed",
        "/fraud?status=snoozed&tag=none",
        "/fraud?search=nobody-is-called-this",
        "/fraud/analytics",
        "/fraud/estimates?from=2026-08-01&to=2026-11-01",
        "/fraud/audit",
        "/fraud/rules",
        "/fraud/rules/1",
        "/fraud/rules/new",
        "/fraud/lists",
        "/fraud/shadow",
        "/fraud/disputes",
        "/ops",
    ],
    "admin": [
        "/compare",
        "/seller",
        "/fraud/report",
        "/fraud/analytics?from=2026-09-01&to=2026-11-01",
        "/ops",
        "/platform",
        "/platform?by=week&compare=year",
        "/platform/funnel?by=week",
        "/platform/funnel?from=2001-01-01&to=2001-01-02",
        "/platform/cohorts",
        "/platform/sellers",
        "/platform/customers-ahead",
        "/platform/sellers-ahead",
        "/platform/rows/league",
        "/ops/models/fraud",
        "/ops/experiments",
        "/ops/tagging",
    ],
}  # fmt: skip


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("who", PAGES, ids=str)
def test_pages_fit_and_are_well_formed(visit: Any, who: str | None, size: dict[str, int]) -> None:
    visitor = visit(size)
    if who is not None:
        visitor.sign_in(who)
    for path in PAGES[who]:
        page = visitor.open(path)
        found = page.evaluate(CHECK)
        assert found == {"headings": 1, "tooWide": 0, "cutTables": [], "unnamed": [], "doubleIds": [], "lang": "en"}, path


# One h1; no sideways scrolling, of figures only where keys can; every control and picture has a name; ids are unique.
CHECK = """() => {
  const named = (one) => one.getAttribute("aria-label") || one.getAttribute("aria-labelledby") || one.innerText?.trim()
    || (one.id && document.querySelector(`label[for="${one.id}"]`)) || one.closest("label");
  const ids = [...document.querySelectorAll("[id]")].map((one) => one.id);
  return {
    headings: document.querySelectorAll("h1").length,
    tooWide: Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth),
    cutTables: [...document.querySelectorAll(/^.(seller|platform)/.test(location.pathname) ? ".table:not([tabindex])" : "never")]
      .filter((one) => one.checkVisibility() && one.scrollWidth > one.clientWidth + 1)
      .map((one) => one.innerText.slice(0, 60)),
    unnamed: [...document.querySelectorAll("a, button, select, textarea, input:not([type=hidden])")]
      .filter((one) => one.checkVisibility() && !one.closest("[aria-hidden=true]") && !named(one))
      .map((one) => one.outerHTML.slice(0, 90))
      .concat([...document.querySelectorAll("img:not([alt])")].map((one) => one.outerHTML)),
    doubleIds: ids.filter((id, at) => ids.indexOf(id) !== at),
    lang: document.documentElement.lang,
  };
}"""


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_persona_switch_changes_whose_shop_it_is(visit: Any, rows: Any, size: dict[str, int]) -> None:
    visitor = visit(size)
    page = visitor.open("/cart")
    assert "guest" in page.locator(".persona-bar p").inner_text()
    for email in ("customer@demo.example", "customer2@demo.example", "newcomer@demo.example"):
        name = rows("select full_name from shop.users where email = %s", email)[0]["full_name"]
        page.locator(".switcher summary").focus()
        page.keyboard.press("Enter")
        page.locator("#personas button", has_text=name).click()
        page.wait_for_load_state("networkidle")
        assert page.url.endswith("/cart")
        line = page.locator(".persona-bar p").inner_text()
        assert name in line
        assert ("no orders yet" in line) == (email == "newcomer@demo.example")


def test_refused_piece_leaves_every_shelf_and_comes_back_by_keyboard(visit: Any) -> None:
    visitor = visit(PHONE)
    page = visitor.open("/")
    card = page.locator(".shelf .product").first
    product_id = card.get_attribute("data-product")
    everywhere = page.locator(f".product[data-product='{product_id}']")
    before = card.bounding_box()
    card.locator(".refuse button").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".product.refused")
    assert not any(one.is_visible() for one in everywhere.all())
    assert page.locator(".product.refused").bounding_box()["x"] == before["x"]
    assert page.evaluate("document.activeElement.innerText") == "Undo"
    page.keyboard.press("Enter")
    page.wait_for_selector(".product.refused", state="detached")
    assert everywhere.first.is_visible()
    assert "Not interested in" in page.evaluate("document.activeElement.getAttribute('aria-label')")
    page.keyboard.press("Enter")
    page.wait_for_selector(".product.refused")
    assert page.goto(visitor.address + "/").ok
    assert everywhere.count() == 0
    visitor.open("/your-shelves")
    visitor.press("Show again")
    visitor.open("/")
    assert everywhere.count() >= 1


def test_personal_shelves_are_switched_off_and_the_page_says_so(visit: Any) -> None:
    visitor = visit()
    visitor.sign_in("customer2")
    page = visitor.open("/")
    assert page.locator("[data-shelf=for_you]").count() == 1
    visitor.press("Switch off")
    assert "Personal shelves are off" in page.locator(".about-shelves").inner_text()
    assert [one.get_attribute("data-shelf") for one in page.locator("[data-shelf]").all()] == ["trending"]
    visitor.press("Switch on")
    assert page.locator("[data-shelf=for_you]").count() == 1


def test_working_pages_send_strangers_away(visit: Any) -> None:
    guest = visit()
    page = guest.open("/fraud")
    assert "/sign-in?next=/fraud" in page.url
    customer = visit()
    customer.sign_in("customer")
    page = customer.open("/fraud")
    assert "not for this account" in page.locator("h1, h2").first.inner_text()
    assert len(customer.complaints) == 1  # the browser notes the 403 itself
    customer.complaints.clear()
