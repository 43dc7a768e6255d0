"""The seller's own listings: the list, the form in which one is written, and its photograph."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Depends, File, Form, Query, Response, UploadFile
from pydantic import ValidationError

from marketplace.errors import IdempotencyMismatchError, NotFoundError, StaleError
from marketplace.vocabulary import FURTHER, MOST_VALUES, SEVERAL_VALUED, Role
from storefront_api.accounts.service import User
from storefront_api.catalog import service as catalog
from storefront_api.catalog.said_values import value_key
from storefront_api.idempotency import once
from storefront_api.listings import photos, service
from storefront_api.listings.category_attributes import ATTRIBUTES, attributes_of, warnings_about
from storefront_api.listings.schemas import HIGHEST_PRICE_MINOR, Listing, ListingWords, NewListing
from storefront_api.pages import formatting
from storefront_api.pages.context import Page, PageContext, go_to
from storefront_api.pages.dated_area import asked_days
from storefront_api.pages.seller_area import SellerContext, seller_area, shop_of
from storefront_api.problems import FieldError
from storefront_api.security import new_id
from storefront_api.tagging import jobs, repository

router = APIRouter(prefix="/seller/listings", include_in_schema=False)

_PAGE_SIZE = 24
_TEXTS = ("title", "description", "category_id", *ATTRIBUTES)
_PROBLEMS = {
    "title": "Give the piece a title, of 500 characters at most.",
    "description": "A description has 5,000 characters at most.",
    "price": "Say a price in numbers, like 1200 or 1200.50.",
    "units_on_hand": "Say how many you have: a whole number from 0.",
    "category_id": "Choose a category from the list.",
}
_TOO_LONG = "A value has 60 characters at most."
_TOO_MANY = f"Up to {MOST_VALUES} values with commas between, each of 60 characters at most."
_STALE = (
    "The listing changed while you were writing: a piece was sold, or it was saved in another window. Yours is not saved yet."
)


def own_shop(page: Page) -> tuple[User, str]:
    """The signed-in seller and their shop.

    Raises:
        NotFoundError: the account's shop is suspended or not set up.
    """
    user = page.need(Role.SELLER)
    if user.seller_id is None:
        raise NotFoundError("this account has no active shop")
    return user, user.seller_id


async def own_page(page: PageContext, seller_id: Annotated[str | None, Query(max_length=64)] = None) -> Page:
    """The page of whoever writes a listing; the shop's figures are asked for only where the form is shown again.

    Raises:
        NotFoundError: the account has no shop, or the address names another's.
    """
    await shop_of(page, seller_id)
    return page


OwnPage = Annotated[Page, Depends(own_page, scope="function")]


@router.get("")
async def listings_page(
    area: SellerContext,
    cursor: Annotated[str | None, Query(max_length=400)] = None,
    saved: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    """The shop's listings, newest first, and how far the catalogue's tagging is; an administrator only looks."""
    page, seller_id = area.page, area.seller["seller_id"]
    listings = await service.list_own(page.connection, seller_id, cursor=cursor, limit=_PAGE_SIZE)
    if page.is_fragment and cursor:
        return page.render("seller/listings/rows.html", listings=listings)
    just_saved = next((one for one in listings.items if one.product_id == saved), None)
    return area.render(
        "seller/listings/list.html",
        "listings",
        listings=listings,
        saved=just_saved,
        warnings=await _warnings(page, just_saved) if just_saved else [],
        job=await jobs.newest(page.connection, seller_id),
        waiting=await repository.waiting_counts(page.connection, seller_id),
    )


@router.get("/new")
async def new_page(page: OwnPage) -> Response:
    """An empty form; its draft's id ties the suggestions and the photograph to what becomes of it."""
    return await _form(page, {"is_active": True, "units_on_hand": "1"}, draft_id=new_id("draft"))


@router.post("")
async def create(page: OwnPage, draft_id: Annotated[str, Form(pattern=r"^draft_[A-Za-z0-9]{8,58}$")]) -> Response:
    """List the piece, once however often the form is sent; what does not fit comes back with the form."""
    user, seller_id = own_shop(page)
    typed, words, problems = await _read(page)
    if words is None:
        return await _form(page, typed, draft_id=draft_id, problems=problems)
    new = NewListing(**words.model_dump(), draft_id=draft_id)

    async def effect() -> Listing:
        about = {"seller_id": seller_id, "currency": page.currency, "now": page.now}
        return await service.create(page.connection, new, by=user, **about)  # type: ignore[arg-type]

    try:
        async with page.connection.transaction():
            await _keep_photo(page, seller_id, draft_id)
            made = await once(
                page.connection,
                Response(),
                effect,
                principal=user.user_id,
                key=draft_id,
                request=("POST /seller/listings", new),
                answer=Listing,
                now=page.now,
            )
    except FieldError as error:
        return await _form(page, typed, draft_id=draft_id, problems={error.pointer.strip("/"): str(error)})
    except IdempotencyMismatchError:
        problem = "This form was saved as a listing already; open that one to change it."
        return await _form(page, typed, draft_id=draft_id, problems={"form": problem})
    return go_to("/seller/listings", saved=made.product_id)


@router.post("/photo")
async def keep_photo(
    page: PageContext, photo: Annotated[UploadFile, File()], listing_id: Annotated[str, Form(min_length=1, max_length=64)]
) -> Response:
    """The photograph of a draft or a listing, kept as soon as it is chosen, so that its colours are suggested too."""
    _, seller_id = own_shop(page)
    if not listing_id.startswith("draft_"):
        await service.get(page.connection, listing_id, seller_id=seller_id)
    problem = None
    try:
        await photos.keep(page.connection, seller_id, listing_id, await photo.read(photos.LARGEST_BYTES + 1))
    except FieldError as error:
        problem = str(error)
    return page.render("seller/listings/photo.html", problem=problem, listing_id=listing_id, stamp=int(page.now.timestamp()))


@router.get("/photo/{listing_id}")
async def own_photo(page: PageContext, listing_id: str) -> Response:
    """A small copy of the seller's own photograph, of a draft too, which nobody else may see."""
    _, seller_id = own_shop(page)
    thumbnail = await photos.thumbnail(page.connection, seller_id, listing_id)
    if thumbnail is None:
        raise NotFoundError(f"no photograph of {listing_id!r}")
    return Response(thumbnail, media_type="image/jpeg", headers={"Cache-Control": "no-store"})


@router.get("/{product_id}")
async def edit_page(page: OwnPage, product_id: str) -> Response:
    """The form with what the listing says now."""
    _, seller_id = own_shop(page)
    return await _form_of(page, await service.get(page.connection, product_id, seller_id=seller_id))


@router.post("/{product_id}")
async def change(page: OwnPage, product_id: str, etag: Annotated[str, Form(max_length=80)]) -> Response:
    """Save the listing; where it changed meanwhile the form says so, and sending it again saves it."""
    user, seller_id = own_shop(page)
    listing = await service.get(page.connection, product_id, seller_id=seller_id)
    typed, words, problems = await _read(page, listing)
    if words is None:
        return await _form_of(page, listing, typed=typed, problems=problems)
    try:
        async with page.connection.transaction():
            await _keep_photo(page, seller_id, product_id)
            about = {"etag": etag, "by": user, "seller_id": seller_id, "now": page.now}
            await service.change(page.connection, product_id, words, **about)  # type: ignore[arg-type]
    except StaleError:
        return await _form_of(page, listing, typed=typed, problems={"form": _STALE})
    except FieldError as error:
        return await _form_of(page, listing, typed=typed, problems={error.pointer.strip("/"): str(error)})
    return go_to("/seller/listings", saved=product_id)


async def _warnings(page: Page, listing: Listing) -> list[str]:
    """What of the listing its category does not have."""
    return warnings_about(listing, await attributes_of(page.clients.tagging, listing.category_id, title=listing.title))


async def _read(page: Page, listing: Listing | None = None) -> tuple[dict[str, Any], ListingWords | None, dict[str, str]]:
    """What was typed; as a listing's words, or None with what is wrong by field."""
    form = await page.request.form()
    typed: dict[str, Any] = {name: form.get(name, "") for name in (*_TEXTS, "price", "units_on_hand")}
    typed = {name: value if isinstance(value, str) else "" for name, value in typed.items()} | {"is_active": "is_active" in form}
    given: dict[str, Any] = {name: typed[name].strip() or None for name in _TEXTS}
    several = {name: _values(typed[name], listing.values(name) if listing else []) for name in SEVERAL_VALUED}
    given |= {name: next(iter(values), None) for name, values in several.items()}
    given |= {FURTHER: {name: values[1:] for name, values in several.items()}}
    given |= {"title": typed["title"], "description": typed["description"], "is_active": typed["is_active"]}
    given |= {"price_minor": _minor(typed["price"], page.currency), "units_on_hand": typed["units_on_hand"].strip()}
    try:
        return typed, ListingWords.model_validate(given), {}
    except ValidationError as error:
        fields = {_field_of(item["loc"]) for item in error.errors()}
    return typed, None, {field: _PROBLEMS.get(field, _TOO_MANY if field in SEVERAL_VALUED else _TOO_LONG) for field in fields}


def _values(typed: str, present: list[str]) -> list[str]:
    """The values between commas; those that the listing has where the form's text is left as it was: one may hold a comma."""
    if value_key(typed) == value_key(", ".join(present)):
        return present
    return [value.strip() for value in typed.split(",") if value.strip()]


def _field_of(location: tuple[int | str, ...]) -> str:
    """The form's name of what does not fit."""
    first, *inner = map(str, location)
    return {"price_minor": "price", FURTHER: inner[0] if inner else first}.get(first, first)


def _minor(text: str, currency: str) -> int | None:
    """The amount in minor units; None for what is no amount, has a fraction of one, or is far more than a price."""
    try:
        minor = Decimal(text.strip().replace(",", "")) * formatting.minor_units(currency)
        return int(minor) if abs(minor) <= HIGHEST_PRICE_MINOR and minor == int(minor) else None
    except ArithmeticError:
        return None


async def _keep_photo(page: Page, seller_id: str, listing_id: str) -> None:
    """Browsers without scripts send the photograph with the rest."""
    photo = (await page.request.form()).get("photo")
    if photo is not None and not isinstance(photo, str) and photo.filename:
        await photos.keep(page.connection, seller_id, listing_id, await photo.read(photos.LARGEST_BYTES + 1))


async def _form_of(
    page: Page, listing: Listing, *, typed: Mapping[str, Any] | None = None, problems: Mapping[str, str] | None = None
) -> Response:
    units = formatting.minor_units(listing.currency)
    said = {name: getattr(listing, name) or "" for name in _TEXTS}
    said |= {name: ", ".join(listing.values(name)) for name in SEVERAL_VALUED}
    said |= {"price": f"{Decimal(listing.price_minor) / units:f}", "units_on_hand": str(listing.units_on_hand)}
    said |= {"is_active": listing.is_active}
    return await _form(page, typed or said, listing=listing, problems=problems)


async def _form(
    page: Page,
    typed: Mapping[str, Any],
    *,
    draft_id: str | None = None,
    listing: Listing | None = None,
    problems: Mapping[str, str] | None = None,
) -> Response:
    listing_id = listing.product_id if listing else draft_id
    _, seller_id = own_shop(page)
    has_photo = listing.has_photo if listing else await photos.thumbnail(page.connection, seller_id, draft_id or "") is not None
    attributes = await attributes_of(page.clients.tagging, typed.get("category_id"), title=str(typed.get("title", "")).strip())
    area = await seller_area(page, asked_days())
    return area.render(
        "seller/listings/form.html",
        "listings",
        422 if problems else 200,
        typed=dict.fromkeys((*_TEXTS, "price", "units_on_hand"), "") | dict(typed),
        draft_id=draft_id,
        listing=listing,
        listing_id=listing_id,
        etag=service.etag_of(listing) if listing else None,
        has_photo=has_photo,
        problems=problems or {},
        categories=await catalog.category_paths(page.connection),
        attributes=attributes,
        several=SEVERAL_VALUED,
        values=await page.request.app.state.values_in_use.now(page.connection, page.now),
    )
