"""`/v1/products`, `/v1/categories` and the pictures."""

import hashlib
from typing import Annotated, Literal

from fastapi import APIRouter, Header, Path, Query, Response

from marketplace.errors import NotFoundError
from storefront_api.catalog import repository, service
from storefront_api.catalog.pictures import PICTURE_HEADERS, placeholder
from storefront_api.catalog.schemas import Category, Order, Product, ProductPage, Quote, QuoteRequest
from storefront_api.dependencies import Connection

router = APIRouter(tags=["catalogue"])

ProductId = Annotated[str, Path(min_length=1, max_length=64)]


@router.get("/v1/products", summary="Search and list products")
async def list_products(
    connection: Connection,
    query: Annotated[str | None, Query(max_length=200, description="words to search for")] = None,
    category_id: Annotated[str | None, Query(max_length=64, description="this category and all below it")] = None,
    seller_id: Annotated[str | None, Query(max_length=64)] = None,
    colour: Annotated[str | None, Query(max_length=64, description="one of its colours, the main one or a further")] = None,
    material: Annotated[str | None, Query(max_length=64, description="one of its materials")] = None,
    occasion: Annotated[str | None, Query(max_length=64, description="one of its occasions")] = None,
    season: Annotated[str | None, Query(max_length=64)] = None,
    gender: Annotated[str | None, Query(max_length=64)] = None,
    price_min: Annotated[int | None, Query(ge=0, le=2**53, description="in minor units")] = None,
    price_max: Annotated[int | None, Query(ge=0, le=2**53, description="in minor units")] = None,
    in_stock: bool = False,
    order: Order | None = None,
    cursor: Annotated[str | None, Query(max_length=400)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 24,
) -> ProductPage:
    """A page of products. Paging by cursor neither repeats nor skips products that are listed meanwhile."""
    filters = service.Filters(
        query=query,
        category_id=category_id,
        seller_id=seller_id,
        colour=colour,
        material=material,
        occasion=occasion,
        season=season,
        gender=gender,
        price_min=price_min,
        price_max=price_max,
        in_stock=in_stock,
    )
    return await service.list_products(connection, filters, order=order, cursor=cursor, limit=limit)


@router.get("/v1/products/{product_id}", summary="One product", responses={304: {"description": "unchanged since the ETag sent"}})
async def get_product(
    connection: Connection, response: Response, product_id: ProductId, if_none_match: Annotated[str | None, Header()] = None
) -> Product:
    """One product with its customisations."""
    product = await service.get_product(connection, product_id)
    etag = service.etag_of(product)
    if etag.strip('"') in _known(if_none_match):
        return Response(status_code=304, headers={"ETag": etag})  # type: ignore[return-value]
    response.headers["ETag"] = etag
    return product


@router.post("/v1/products/{product_id}/quote", summary="Price of a customised piece")
async def quote(connection: Connection, product_id: ProductId, request: QuoteRequest) -> Quote:
    """What pieces customised like this cost: the same sum that the cart and checkout make."""
    return await service.quote(connection, product_id, request.choices, request.quantity)


@router.get("/v1/categories", summary="The tree of categories")
async def list_categories(connection: Connection) -> list[Category]:
    """The tree of categories, parents before their children."""
    return await service.list_categories(connection)


@router.get("/pictures/{product_id}.svg", include_in_schema=False)
async def picture(
    connection: Connection,
    product_id: ProductId,
    size: Literal["small", "full"] = "full",
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """The photograph of a product on sale, small for lists, else its drawing: one address, whatever stands behind it."""
    known = _known(if_none_match)
    row = await repository.picture(connection, product_id, is_small=size == "small", known=known)
    if row is None:
        raise NotFoundError(f"no product {product_id!r}")
    version, content = row["version"], row["content"]
    if version is None:
        content = placeholder(row["title"], row["category_name"]).encode()
        version = hashlib.sha256(content).hexdigest()
    headers = PICTURE_HEADERS | {"ETag": f'"{version}"'}
    if version in known:
        return Response(status_code=304, headers=headers)
    return Response(bytes(content), media_type="image/jpeg" if row["is_photo"] else "image/svg+xml", headers=headers)


def _known(if_none_match: str | None) -> set[str]:
    """The versions that the browser has, without their quotes."""
    return {tag.strip().removeprefix("W/").strip('"') for tag in (if_none_match or "").split(",")}
