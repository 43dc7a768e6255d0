"""A seller writes a piece of two colours while the tagger answers: each is asked about, and shoppers find it under both."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from storefront_api.clients import TaggingClient
from storefront_api.main import create_app
from tests.journeys.conftest import PHONE, listening
from tests.storefront_api.conftest import shop_settings
from tests.storefront_api.tagging.conftest import Tagger

LAMPS, VASES = "cat-home-decor-lamps", "cat-home-decor-vases"


@pytest.fixture(scope="module")
def address(filled_shop: str) -> Iterator[str]:
    """A storefront of the filled shop with a tagging service; lamps have no season and are for nobody in particular."""
    tagger = Tagger(schema={LAMPS: ("colour", "material", "occasion")})
    app = create_app(shop_settings(filled_shop))
    http = httpx.AsyncClient(transport=httpx.ASGITransport(tagger.service()), base_url="http://tagger")
    app.state.clients.tagging = TaggingClient(http, timeout=app.state.settings.services.tagging.timeout * 20)
    with listening(app, first_port=8951) as where:
        yield where


def test_seller_accepts_two_colours_and_shoppers_find_the_piece_under_both(visit: Any, rows: Any) -> None:
    seller = visit(PHONE)
    seller.sign_in("seller")
    page = seller.open("/seller/listings/new")
    page.fill("#title", "Bedside light, red and blue")
    for colour in ("blue", "red"):
        page.click(f"#suggestions button[aria-label='Accept colour {colour}']")
        page.wait_for_function("colour => document.getElementById('colour').value.split(', ').includes(colour)", arg=colour)
    assert page.input_value("#colour") == "blue, red", "the one that was taken first is the main one"
    page.fill("#season", "winter")
    page.select_option("#category_id", LAMPS)
    page.locator("[data-attribute=gender]").wait_for(state="hidden")
    assert page.locator("[data-attribute=season] [data-lacking]").is_visible(), "what is filled in stays, and is marked"
    page.fill("#season", "")
    page.select_option("#category_id", VASES)
    page.locator("[data-attribute=gender]").wait_for(state="visible")
    page.fill("#season", "winter")
    page.select_option("#category_id", LAMPS)
    page.locator("[data-attribute=gender]").wait_for(state="hidden")
    page.fill("#price", "850")
    page.click("text=List it")
    page.wait_for_selector(".notice.good")
    assert "have no season; “winter” is kept" in page.locator(".notice.warn").inner_text()
    (listed,) = rows("select product_id, colour, attributes from shop.products where title = 'Bedside light, red and blue'")
    assert (listed["colour"], listed["attributes"]) == ("blue", {"season": "winter", "further_values": {"colour": ["red"]}})

    shopper = visit()
    for colour in ("red", "blue"):
        page = shopper.open(f"/search?query=bedside+light&colour={colour}")
        page.click("#results >> text=Bedside light, red and blue")
        assert "Blue, red" in page.locator(".facts").first.inner_text()
    # Others count what this seller has on sale beside what was forecast before.
    rows("update shop.products set is_active = false where product_id = %s returning product_id", listed["product_id"])


def test_value_is_taken_instead_of_what_is_said_by_one_key(visit: Any, rows: Any) -> None:
    seller = visit()
    seller.sign_in("seller")
    said = '{"further_values": {"colour": ["teal"]}}'
    rows(
        "insert into shop.products (product_id, seller_id, title, price_minor, currency, colour, attributes, listed_at,"
        " is_active) select 'cup', seller_id, 'A red cup', 100, 'BDT', 'green', %s, now(), false"
        " from shop.sellers join shop.users using (user_id) where email = 'seller@demo.example' returning product_id",
        said,
    )
    page = seller.open("/seller/listings/cup")
    page.wait_for_selector("#suggestions .value >> text=red")
    page = seller.open("/seller/tagging?show=sure")
    page.locator("[data-tag]", has_text="green, teal → also red").focus()
    page.keyboard.press("i")
    page.wait_for_selector("[data-answered]")
    kept = rows("select colour, attributes from shop.products where product_id = 'cup'")
    assert kept == [{"colour": "red", "attributes": {}}]


def test_list_of_values_goes_on_after_a_comma(visit: Any) -> None:
    seller = visit()
    seller.sign_in("seller")
    page = seller.open("/seller/listings/new")

    def offered() -> list[str]:
        return page.eval_on_selector_all("#colour-values option", "all => all.map((one) => one.value)")  # type: ignore[no-any-return]

    alone = offered()
    page.fill("#colour", "teal, ")
    assert offered() == [f"teal, {colour}" for colour in alone]
    page.fill("#colour", "te")
    assert offered() == alone
