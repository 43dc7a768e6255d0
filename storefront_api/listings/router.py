"""`/v1/listings`: a seller's own pieces, on sale or not."""

from typing import Annotated

from fastapi import APIRouter, File, Header, Path, Query, Response, UploadFile

from storefront_api.dependencies import Connection, ModelClients, Now
from storefront_api.idempotency import OptionalIdempotencyKey, once
from storefront_api.listings import photos, repository, service
from storefront_api.listings.category_attributes import attributes_of
from storefront_api.listings.schemas import Listing, ListingPage, ListingWords, NewListing
from storefront_api.problems import problem_responses
from storefront_api.tagging.router import OwnSellerId, Seller

router = APIRouter(prefix="/v1/listings", tags=["listings"], responses=problem_responses(401, 403))

ProductId = Annotated[str, Path(min_length=1, max_length=64)]


@router.post("", summary="List a new piece", status_code=201, responses=problem_responses(409, 422))
async def create_listing(
    body: NewListing,
    connection: Connection,
    clients: ModelClients,
    response: Response,
    user: Seller,
    seller_id: OwnSellerId,
    now: Now,
    idempotency_key: OptionalIdempotencyKey = None,
) -> Listing:
    """With an `Idempotency-Key` once, however often it is sent; `warnings` names what its category does not have."""
    currency = await repository.currency(connection)

    async def effect() -> Listing:
        about = {"currency": currency, "attributes": await attributes_of(clients.tagging, body.category_id, title=body.title)}
        return await service.create(connection, body, by=user, seller_id=seller_id, now=now, **about)  # type: ignore[arg-type]

    if idempotency_key is None:
        made = await effect()
    else:
        asked = ("POST /v1/listings", body)
        made = await once(
            connection, response, effect, principal=user.user_id, key=idempotency_key, request=asked, answer=Listing, now=now
        )
    response.headers["ETag"] = service.etag_of(made)
    return made


@router.get("", summary="My listings", responses=problem_responses(422))
async def list_listings(
    connection: Connection,
    seller_id: OwnSellerId,
    cursor: Annotated[str | None, Query(max_length=400)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 24,
) -> ListingPage:
    """Newest first."""
    return await service.list_own(connection, seller_id, cursor=cursor, limit=limit)


@router.get("/{product_id}", summary="One of my listings", responses=problem_responses(404))
async def get_listing(connection: Connection, response: Response, seller_id: OwnSellerId, product_id: ProductId) -> Listing:
    """With the `ETag` that a change has to name."""
    listing = await service.get(connection, product_id, seller_id=seller_id)
    response.headers["ETag"] = service.etag_of(listing)
    return listing


@router.put("/{product_id}", summary="Change one of my listings", responses=problem_responses(404, 412, 422))
async def change_listing(
    body: ListingWords,
    connection: Connection,
    clients: ModelClients,
    response: Response,
    user: Seller,
    seller_id: OwnSellerId,
    product_id: ProductId,
    now: Now,
    if_match: Annotated[str, Header(max_length=80, description="the ETag of the listing that is changed")],
) -> Listing:
    """All of it; refused with 412 where the listing is not the one that was read. `warnings` as when it is listed."""
    # Before the listing is locked: nobody who buys it waits for the tagging service.
    about = {"etag": if_match, "attributes": await attributes_of(clients.tagging, body.category_id, title=body.title)}
    changed = await service.change(connection, product_id, body, by=user, seller_id=seller_id, now=now, **about)  # type: ignore[arg-type]
    response.headers["ETag"] = service.etag_of(changed)
    return changed


@router.put("/{product_id}/photo", summary="Photograph of my listing", status_code=204, responses=problem_responses(404, 422))
async def put_photo(
    connection: Connection, seller_id: OwnSellerId, product_id: ProductId, photo: Annotated[UploadFile, File()]
) -> None:
    """A PNG or JPEG of up to 1.5 MB; it is written anew, without what the camera adds."""
    await service.get(connection, product_id, seller_id=seller_id)
    await photos.keep(connection, seller_id, product_id, await photo.read(photos.LARGEST_BYTES + 1))
