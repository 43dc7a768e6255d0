"""The rules of a seller's listings: whose they are, that nobody overwrites what changed meanwhile, and what else moves along."""

import hashlib
import json
import re
from collections.abc import Collection
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from marketplace.errors import NotFoundError, StaleError
from marketplace.vocabulary import FURTHER, JSON_ATTRIBUTES, SEVERAL_VALUED
from storefront_api.accounts.service import User
from storefront_api.catalog.said_values import different, value_key
from storefront_api.catalog.service import picture_url
from storefront_api.listings import photos, repository
from storefront_api.listings.category_attributes import ATTRIBUTES, warnings_about
from storefront_api.listings.schemas import Listing, ListingPage, ListingWords, NewListing
from storefront_api.pagination import decode_cursor, encode_cursor
from storefront_api.problems import FieldError
from storefront_api.security import new_id
from storefront_api.tagging import repository as tags
from storefront_api.tagging.answers import answer_by_saving

Connection = AsyncConnection[DictRow]

_BENGALI = re.compile(r"[\u0980-\u09ff]")


async def create(
    connection: Connection,
    new: NewListing,
    *,
    by: User,
    seller_id: str,
    currency: str,
    now: datetime,
    attributes: Collection[str] = ATTRIBUTES,
) -> Listing:
    """The new listing; what was suggested for its draft is answered by what it says.

    Args:
        attributes: those of its category; it is warned about others.
    Raises:
        FieldError: there is no such category.
    """
    product_id = new_id("prd")
    row = await _row(connection, new)
    await repository.insert(
        connection, {**row, "product_id": product_id, "seller_id": seller_id, "currency": currency, "now": now}
    )
    await repository.set_stock(connection, product_id, new.units_on_hand, is_new=True, now=now)
    if new.draft_id is not None:
        await tags.give_draft_to_product(connection, seller_id, new.draft_id, product_id)
        await photos.give_draft_to_product(connection, seller_id, new.draft_id, product_id)
    made = await get(connection, product_id, seller_id=seller_id)
    await answer_by_saving(connection, product_id, _values(made), before={}, by=by, seller_id=seller_id, now=now)
    return await _saved(connection, product_id, seller_id=seller_id, attributes=attributes)


async def change(
    connection: Connection,
    product_id: str,
    words: ListingWords,
    *,
    etag: str,
    by: User,
    seller_id: str,
    now: datetime,
    attributes: Collection[str] = ATTRIBUTES,
) -> Listing:
    """The listing as it is now; suggestions that wait for it are answered by what it says.

    Args:
        attributes: those of its category; it is warned about others.
    Raises:
        NotFoundError: no such listing of this seller's.
        StaleError: it is not the one that `etag` stands for any more: a piece was sold, a tag accepted, another tab saved.
        FieldError: there is no such category.
    """
    if not await repository.lock(connection, product_id, seller_id):
        raise NotFoundError(f"no listing {product_id!r} of yours")
    before = await get(connection, product_id, seller_id=seller_id)
    if etag != etag_of(before):
        raise StaleError("the listing changed since you opened it; load it again, then change it")
    row = await _row(connection, words, before=before)
    await repository.update(connection, {**row, "product_id": product_id, "written": [*JSON_ATTRIBUTES, FURTHER]})
    await repository.set_stock(connection, product_id, words.units_on_hand, is_new=False, now=now)
    after = await get(connection, product_id, seller_id=seller_id)
    about = {"before": _values(before), "by": by, "seller_id": seller_id, "now": now}
    await answer_by_saving(connection, product_id, _values(after), **about)  # type: ignore[arg-type]
    return await _saved(connection, product_id, seller_id=seller_id, attributes=attributes)


async def get(connection: Connection, product_id: str, *, seller_id: str) -> Listing:
    """The seller's own listing.

    Raises:
        NotFoundError: no such listing, or another's.
    """
    row = await repository.listing(connection, product_id, seller_id)
    if row is None:
        raise NotFoundError(f"no listing {product_id!r} of yours")
    return _listing(row)


async def list_own(connection: Connection, seller_id: str, *, cursor: str | None, limit: int) -> ListingPage:
    """One page of the seller's listings, newest first.

    Raises:
        InvalidInputError: a cursor that is not ours.
    """
    after = decode_cursor(cursor, length=2, kind=str) if cursor else None
    rows = await repository.page(connection, seller_id, after=after, limit=limit + 1)
    page = rows[:limit]
    more = encode_cursor(page[-1]["listed_at"].isoformat(), page[-1]["product_id"]) if len(rows) > limit else None
    return ListingPage(items=[_listing(row) for row in page], next_cursor=more)


def etag_of(listing: Listing) -> str:
    """A word that changes whenever anything that the form shows does."""
    shown = listing.model_dump(mode="json", include=set(ListingWords.model_fields))
    return f'"{hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()[:32]}"'


async def _row(connection: Connection, words: ListingWords, *, before: Listing | None = None) -> dict[str, Any]:
    """What is written of a listing: values that it said `before` in its own spelling, others in the catalogue's."""
    if words.category_id is not None and not await tags.is_category(connection, words.category_id):
        raise FieldError("/category_id", f"there is no category {words.category_id!r}")
    said = words.model_dump(exclude={"draft_id", "units_on_hand", FURTHER})
    beside: dict[str, list[str]] = {}
    for name in ATTRIBUTES:
        several = getattr(words.further_values, name) if name in SEVERAL_VALUED else []
        own = {value_key(value): value for value in different(before.values(name))} if before else {}
        given = [value for value in (said[name], *several) if value is not None]
        spelt = [own.get(value_key(value)) or await tags.spelling(connection, name, value) for value in given]
        values = different(spelt)
        said[name] = values[0] if values else None
        if values[1:]:
            beside[name] = values[1:]
    attributes: dict[str, Any] = {name: said[name] for name in JSON_ATTRIBUTES if said[name] is not None}
    attributes |= {FURTHER: beside} if beside else {}
    return said | {"attributes": Jsonb(attributes), "language": "bn" if _BENGALI.search(words.title) else "en"}


async def _saved(connection: Connection, product_id: str, *, seller_id: str, attributes: Collection[str]) -> Listing:
    listing = await get(connection, product_id, seller_id=seller_id)
    return listing.model_copy(update={"warnings": warnings_about(listing, attributes)})


def _values(listing: Listing) -> dict[str, list[str]]:
    """By attribute, the category among them."""
    category = [listing.category_id] if listing.category_id is not None else []
    return {"category": category} | {name: listing.values(name) for name in ATTRIBUTES}


def _listing(row: DictRow) -> Listing:
    return Listing.model_validate({**row, "picture_url": picture_url(row["product_id"])})
