"""The shop's pages for browsing: home, search and a product."""

import re
from collections.abc import Iterable
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from fastapi.responses import Response

from marketplace.vocabulary import Role
from storefront_api.catalog import repository as catalog_rows
from storefront_api.catalog import service as catalog
from storefront_api.catalog.pricing import InvalidChoicesError
from storefront_api.catalog.schemas import Category, Order, Product
from storefront_api.catalog.service import Filters
from storefront_api.pages import repository, tracking
from storefront_api.pages.context import Page, PageContext
from storefront_api.pages.shelves import asker_of
from storefront_api.recommendations import service as recommendations
from storefront_api.recommendations.schemas import RecommendationShelf

router = APIRouter(include_in_schema=False)

_WORD = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
_PAGE_SIZE = 24
_HERO = 3
_SHELF = 12
_SHORT_SHELF = 6
_MOST_POPULAR = 0.5
_POPULAR = {"trending", "sold_most_7d", "newest"}


@router.get("/")
async def home_page(page: PageContext) -> Response:
    """The hero and the shelves; no piece stands on two of those that models fill."""
    asker = asker_of(page)
    for_you = await recommendations.for_you(asker, k=_SHELF)
    shelves = [for_you]
    if asker.wants_personalisation:
        for next_shelf in (recommendations.because_you_viewed, recommendations.buy_again, recommendations.new_from_sellers):
            shelves.append(await next_shelf(asker, k=_SHORT_SHELF, without=_on(shelves)))
        if _share_of_popular(for_you) <= _MOST_POPULAR:  # else it shows already what trends: once is enough
            shelves.append(await recommendations.trending(asker, k=_SHORT_SHELF, without=_on(shelves)))
    unwanted = set((await asker.standing()).not_interested)
    recent_ids: list[str] = []
    if asker.wants_personalisation:
        recent_ids = await catalog_rows.recently_viewed(
            page.connection, page.visitor.session_id, limit=_SHORT_SHELF + len(unwanted)
        )
    recent = [card for card in await catalog.cards(page.connection, recent_ids) if card.product_id not in unwanted]
    in_stock = Filters(in_stock=True)
    newest = (
        await catalog.list_products(
            page.connection, in_stock, order="newest", cursor=None, limit=min(100, _SHORT_SHELF + len(unwanted))
        )
    ).items
    newest = [card for card in newest if card.product_id not in unwanted][:_SHORT_SHELF]
    top = sorted(await catalog.list_categories(page.connection), key=lambda one: -one.product_count)
    personas = await repository.demo_accounts(page.connection) if page.is_demo and page.viewer is None else []
    shown = [item.product for item in for_you.items] or newest
    return page.render(
        "shop/home.html",
        section="shop",
        featured=top[:4],
        hero_products=shown[:_HERO],
        personas=[one for one in personas if one["role"] == Role.CUSTOMER],
        shelves=shelves,
        is_personal=asker.wants_personalisation,
        hidden_count=len(unwanted),
        recent=recent[:_SHORT_SHELF],
        newest=newest,
        is_empty=not newest and not shown,
    )


@router.get("/search")
async def search_page(
    page: PageContext,
    query: Annotated[str, Query(max_length=200)] = "",
    category_id: Annotated[str, Query(max_length=64)] = "",
    seller_id: Annotated[str, Query(max_length=64)] = "",
    colour: Annotated[str, Query(max_length=64)] = "",
    material: Annotated[str, Query(max_length=64)] = "",
    occasion: Annotated[str, Query(max_length=64)] = "",
    season: Annotated[str, Query(max_length=64)] = "",
    gender: Annotated[str, Query(max_length=64)] = "",
    price_from: Annotated[str, Query(pattern="^[0-9]{0,9}$")] = "",
    price_to: Annotated[str, Query(pattern="^[0-9]{0,9}$")] = "",
    in_stock: bool = False,
    order: Annotated[str, Query(pattern="^(relevance|newest|price|-price)?$")] = "",
    cursor: Annotated[str | None, Query(max_length=400)] = None,
) -> Response:
    """Products by words and filters; htmx fetches further pages one after the other."""
    words = query.strip()
    filters = Filters(
        query=words or None,
        category_id=category_id or None,
        seller_id=seller_id or None,
        colour=colour or None,
        material=material or None,
        occasion=occasion or None,
        season=season or None,
        gender=gender or None,
        price_min=int(price_from) * 100 if price_from else None,
        price_max=int(price_to) * 100 if price_to else None,
        in_stock=in_stock,
    )
    chosen: Order = order or ("relevance" if words else "newest")  # type: ignore[assignment]
    if chosen == "relevance" and not words:
        chosen = "newest"
    found = await catalog.list_products(page.connection, filters, order=chosen, cursor=cursor, limit=_PAGE_SIZE)
    said = {
        "query": words, "category_id": category_id, "seller_id": seller_id, "colour": colour, "material": material,
        "occasion": occasion, "season": season, "gender": gender, "price_from": price_from, "price_to": price_to,
        "in_stock": "true" if in_stock else "", "order": chosen, "cursor": found.next_cursor or "",
    }  # fmt: skip
    narrows = any((seller_id, colour, material, occasion, season, gender, price_from, price_to))
    more = urlencode({name: value for name, value in said.items() if value})
    if page.is_fragment and cursor:
        return page.render("shop/results.html", page=found, more=more)
    if words and cursor is None:
        await tracking.note(page, tracking.search(words))
    # A category looked at as a whole shows what trends in it; whoever filters wants to see just that.
    is_whole_category = bool(category_id) and cursor is None and not (words or narrows)
    counted = await catalog.facets(page.connection, filters)
    categories = await catalog.list_categories(page.connection)
    return page.render(
        "shop/search.html",
        section="shop",
        query=words,
        filters=filters,
        order=chosen,
        orders=[("relevance", "Best match")] * bool(words)
        + [("newest", "Newest"), ("price", "Price, low first"), ("-price", "Price, high first")],
        page=found,
        more=more,
        total=counted["all"][0]["product_count"],
        facets={name: counted[name] for name in catalog_rows.FACET_ATTRIBUTES},
        categories=[{"category_id": one.category_id, "label": _indented(one, categories)} for one in categories],
        category=next((one for one in categories if one.category_id == category_id), None),
        trail=_trail(categories, category_id),
        trending=await recommendations.trending(asker_of(page), k=_SHORT_SHELF, category_id=category_id)
        if is_whole_category
        else None,
        maker=await catalog_rows.shop_of(page.connection, seller_id) if seller_id else None,
        price_from=price_from or None,
        price_to=price_to or None,
        is_filtered=narrows or bool(category_id) or in_stock,
    )


@router.get("/products/{product_id}")
async def product_page(
    page: PageContext, product_id: str, request_id: str = "", shelf: str = "", position: int | None = None
) -> Response:
    """One product; a visit from a shelf is noted as a click on it."""
    product = await catalog.get_product(page.connection, product_id)
    events = [tracking.product_view(product_id)]
    if _WORD.fullmatch(request_id) and _WORD.fullmatch(shelf) and position is not None and 0 <= position <= 1000:
        events.insert(0, tracking.recommendation_click(product_id, request_id=request_id, shelf=shelf, position=position))
    await tracking.note(page, *events)
    return await render_product(page, product)


async def render_product(
    page: Page, product: Product, *, choices: dict[str, str] | None = None, quantity: int = 1, problems: list[str] | None = None
) -> Response:
    """The product page with what was chosen so far and what was wrong with it."""
    chosen = choices if choices is not None else _first_choices(product)
    quote, found = await _quote(page, product, chosen, quantity)
    asker = asker_of(page)
    together = await recommendations.bought_together(asker, product.product_id, k=_SHORT_SHELF)
    similar = await recommendations.similar(asker, product.product_id, k=_SHORT_SHELF, without=_on([together]))
    categories = await catalog.list_categories(page.connection)
    return page.render(
        "shop/product.html",
        422 if problems else 200,
        section="shop",
        product=product,
        chosen=chosen,
        quantity=quantity,
        quote=quote,
        price_problems=problems or (found if choices is not None else []),
        trail=_trail(categories, product.category_id or ""),
        similar=similar,
        together=together,
        reviews=await catalog_rows.reviews(page.connection, product.product_id, limit=8),
        rating_counts={
            row["rating"]: row["review_count"] for row in await catalog_rows.rating_counts(page.connection, product.product_id)
        },
    )


@router.post("/products/{product_id}/price")
async def price_fragment(page: PageContext, product_id: str) -> Response:
    """The price of what is chosen in the form so far, swapped in as it changes."""
    product = await catalog.get_product(page.connection, product_id)
    choices, quantity = await read_wish(page)
    quote, problems = await _quote(page, product, choices, quantity)
    return page.render("shop/price.html", quote=quote, price_problems=problems)


async def read_wish(page: Page) -> tuple[dict[str, str], int]:
    """Choices and quantity as the product's form sends them; anything that is no number counts as one piece."""
    form = await page.request.form(max_files=0, max_fields=100)
    choices = {
        name.removeprefix("choice."): value
        for name, value in form.items()
        if name.startswith("choice.") and isinstance(value, str)
    }
    given = form.get("quantity", "1")
    quantity = int(given) if isinstance(given, str) and given.isascii() and given.isdigit() and len(given) <= 2 else 1
    return choices, max(1, quantity)


async def _quote(page: Page, product: Product, choices: dict[str, str], quantity: int) -> tuple[Any, list[str]]:
    """The quote, and in words what keeps the choices from being ordered; then the quote leaves those out."""
    try:
        return await catalog.quote(page.connection, product.product_id, choices, quantity), []
    except InvalidChoicesError as error:
        problems = list(error.fields.values())
    base = product.price_minor
    return {
        "currency": product.currency,
        "quantity": quantity,
        "unit_price_minor": base,
        "customisation_minor": 0,
        "total_minor": base * quantity,
        "choices": [],
    }, problems


def _on(shelves: Iterable[RecommendationShelf]) -> set[str]:
    return {item.product.product_id for shelf in shelves for item in shelf.items}


def _share_of_popular(shelf: RecommendationShelf) -> float:
    """How much of the shelf is what is popular with everybody."""
    return sum(item.source in _POPULAR for item in shelf.items) / max(1, len(shelf.items))


def _first_choices(product: Product) -> dict[str, str]:
    """What the form shows before anybody chose: the first of each list that needs a choice."""
    return {one.customisation_id: one.choices[0].value for one in product.customisations if one.is_required and one.choices}


def _trail(categories: list[Category], category_id: str) -> list[Category]:
    known = {one.category_id: one for one in categories}
    trail: list[Category] = []
    here = known.get(category_id)
    while here is not None and here not in trail:
        trail.insert(0, here)
        here = known.get(here.parent_category_id or "")
    return trail


def _indented(category: Category, categories: list[Category]) -> str:
    depth = len(_trail(categories, category.category_id)) - 1
    return "\u2003" * depth + category.name
