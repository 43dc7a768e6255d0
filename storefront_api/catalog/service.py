"""The rules of the catalogue: what is shown, in which order, and what a customised piece costs."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from psycopg import AsyncConnection

from marketplace.errors import InvalidInputError, NotFoundError
from storefront_api.catalog import repository
from storefront_api.catalog.pricing import price_choices
from storefront_api.catalog.schemas import (
    Category,
    Customisation,
    Order,
    Product,
    ProductCard,
    ProductPage,
    Quote,
    QuotedChoice,
)
from storefront_api.pagination import decode_cursor, encode_cursor


@dataclass(frozen=True)
class Filters:
    """Which products are wanted; None means any."""

    query: str | None = None
    category_id: str | None = None
    seller_id: str | None = None
    colour: str | None = None
    material: str | None = None
    occasion: str | None = None
    season: str | None = None
    gender: str | None = None
    price_min: int | None = None
    price_max: int | None = None
    in_stock: bool = False

    def parameters(self) -> dict[str, Any]:
        """The filters as query parameters, wild cards of the shopper's own taken literally."""
        words = (self.query or "").strip() or None
        pattern = None if words is None else "%" + words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        return {**asdict(self), "query": words, "pattern": pattern}


def picture_url(product_id: str) -> str:
    """Where a product's picture lies."""
    return f"/pictures/{product_id}.svg"


async def list_products(
    connection: AsyncConnection[Any], filters: Filters, *, order: Order | None, cursor: str | None, limit: int
) -> ProductPage:
    """One page of products; by relevance when words were given and no order was asked for.

    Raises:
        InvalidInputError: a cursor that is not ours, or relevance without words to be relevant to.
    """
    parameters = filters.parameters()
    order = order or ("relevance" if parameters["query"] else "newest")
    if order == "relevance" and not parameters["query"]:
        raise InvalidInputError("order: relevance needs a query; ask for newest, price or -price")
    after = decode_cursor(cursor, length=3) if cursor else None
    if after is not None and (after[0] != order or not isinstance(after[1], int | float) or not isinstance(after[2], str)):
        raise InvalidInputError("cursor: belongs to another order of this list; start again without it")
    rows = await repository.page_of_products(
        connection, parameters, order=order, after=after[1:] if after else None, limit=limit + 1
    )
    page = rows[:limit]
    more = encode_cursor(order, page[-1]["sort_value"], page[-1]["product_id"]) if len(rows) > limit else None
    return ProductPage(items=[_card(row) for row in page], next_cursor=more)


async def facets(connection: AsyncConnection[Any], filters: Filters) -> dict[str, list[dict[str, Any]]]:
    """Counts of matching products: under `category` and each attribute one row per value, under `all` in all."""
    counted: dict[str, list[dict[str, Any]]] = {kind: [] for kind in ("category", *repository.FACET_ATTRIBUTES, "all")}
    for row in await repository.facets(connection, filters.parameters()):
        counted[row["kind"]].append(row)
    return counted


async def cards(connection: AsyncConnection[Any], product_ids: Sequence[str]) -> list[ProductCard]:
    """The shown ones of these products, in the order given."""
    return [_card(row) for row in await repository.cards(connection, product_ids)] if product_ids else []


async def get_product(connection: AsyncConnection[Any], product_id: str) -> Product:
    """One product with its customisations.

    Raises:
        NotFoundError: no such product, or one that the shop does not show.
    """
    row = await repository.product(connection, product_id)
    if row is None:
        raise NotFoundError(f"no product {product_id!r} is on sale")
    offered = [Customisation.model_validate(found) for found in await repository.customisations(connection, product_id)]
    return Product.model_validate({**row, "picture_url": picture_url(product_id), "customisations": offered})


def etag_of(product: Product) -> str:
    """A word that changes whenever anything that the product says does."""
    return f'"{hashlib.sha256(product.model_dump_json().encode()).hexdigest()[:32]}"'


async def list_categories(connection: AsyncConnection[Any]) -> list[Category]:
    """Every category, parents before their children."""
    return [Category.model_validate(row) for row in await repository.categories(connection)]


async def category_paths(connection: AsyncConnection[Any]) -> dict[str, str]:
    """The path of every category by its id, parents before their children."""
    return {row["category_id"]: row["path"] for row in await repository.category_paths(connection)}


async def quote(connection: AsyncConnection[Any], product_id: str, choices: Mapping[str, str], quantity: int) -> Quote:
    """What `quantity` pieces customised like this cost, before shipping and tax.

    Raises:
        NotFoundError: the shop does not show the product.
        InvalidChoicesError: the product cannot be customised like this.
    """
    row = await repository.product(connection, product_id)
    if row is None:
        raise NotFoundError(f"no product {product_id!r} is on sale")
    priced = price_choices(await repository.customisations(connection, product_id), choices)
    extra = sum(choice.price_minor for choice in priced)
    return Quote(
        product_id=product_id,
        quantity=quantity,
        currency=row["currency"],
        unit_price_minor=row["price_minor"],
        customisation_minor=extra,
        total_minor=(row["price_minor"] + extra) * quantity,
        choices=[QuotedChoice(**{k: v for k, v in asdict(choice).items() if k != "value"}) for choice in priced],
    )


def _card(row: Mapping[str, Any]) -> ProductCard:
    return ProductCard.model_validate({**row, "picture_url": picture_url(row["product_id"])})
