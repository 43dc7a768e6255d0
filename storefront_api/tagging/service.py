"""The rules of tag suggestions: suggested by the model, kept with the listing, waiting for its seller."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from marketplace.contracts.tagging import TagRequest, Tags
from marketplace.errors import ModelUnavailableError, NotFoundError
from marketplace.vocabulary import ModelName, TagEvidence, TagStatus
from storefront_api.catalog.service import picture_url
from storefront_api.clients import TaggingClient
from storefront_api.listings import photos
from storefront_api.pagination import decode_cursor, encode_cursor
from storefront_api.problems import FieldError
from storefront_api.tagging import repository
from storefront_api.tagging.questions import CATEGORY, Known, questions
from storefront_api.tagging.schemas import KnownValues, NewTagSuggestions, TagSuggestion, TagSuggestions, WaitingTag, WaitingTags
from storefront_api.telemetry import Metrics

Connection = AsyncConnection[DictRow]


async def suggest(
    connection: Connection,
    client: TaggingClient,
    metrics: Metrics,
    listing: NewTagSuggestions,
    *,
    seller_id: str,
    now: datetime,
) -> TagSuggestions:
    """Tags for a listing, each kept until the seller answers; none while the service does not answer.

    Raises:
        NotFoundError: the product is not this seller's.
        FieldError: there is no such category.
    """
    if listing.category_id is not None and not await repository.is_category(connection, listing.category_id):
        raise FieldError("/category_id", f"there is no category {listing.category_id!r}")
    product: Mapping[str, Any] | None = None
    if listing.product_id is not None:
        product = await repository.product_of(connection, listing.product_id, seller_id)
        if product is None:
            raise NotFoundError(f"no product {listing.product_id!r} of yours")
    picture = listing.picture
    if picture is None and listing.listing_id is not None:
        picture = await photos.thumbnail_base64(connection, seller_id, listing.listing_id)
    request = TagRequest.model_validate(listing.model_dump(include=set(TagRequest.model_fields)) | {"picture": picture})
    try:
        answer = await client.tag(request)
    except ModelUnavailableError:
        metrics.fell_back(ModelName.TAGGING)
        return TagSuggestions(suggestions=[], has_abstained=True, fallback=True, model=None, version=None)
    (tags,) = await in_this_shop(connection, [answer])
    known = Known(product["values"] if product else {})
    if listing.listing_id is not None:
        known = (await known_of(connection, seller_id, {listing.listing_id: known.values}))[listing.listing_id]
    asked = questions(tags, known)
    about = {"seller_id": seller_id, "product_id": listing.product_id, "listing_id": listing.listing_id, "now": now}
    category_id = listing.category_id or (product["category_id"] if product else None)
    rows = rows_of(asked, tags, about | {"version": answer.version, "tagging_job_id": None, "category_id": category_id})
    stored = await repository.remember(connection, rows)
    if listing.listing_id is not None:
        kept = [row["tag_suggestion_id"] for row in stored]
        await repository.supersede(connection, seller_id, [listing.listing_id], but=kept)
    return TagSuggestions(
        suggestions=[one.model_copy(update=dict(row)) for one, row in zip(asked, stored, strict=True)],
        has_abstained=answer.has_abstained,
        fallback=False,
        level=answer.level,
        known_values=[KnownValues(attribute=one.attribute, values=one.values) for one in answer.allowed_attributes],
        model=answer.model,
        version=answer.version,
    )


async def known_of(connection: Connection, seller_id: str, values: Mapping[str, Mapping[str, Sequence[str]]]) -> dict[str, Known]:
    """What is known of each of these listings, given their present values: with what their seller answered before."""
    known = {listing_id: Known(present) for listing_id, present in values.items()}
    for row in await repository.answers_of(connection, seller_id, list(known)):
        known[row["listing_id"]].answered.add((row["attribute"], row["suggested_value"]))
        if row["status"] != TagStatus.REFUSED:
            known[row["listing_id"]].decided.add(row["attribute"])
    return known


async def in_this_shop(connection: Connection, answers: Sequence[Tags]) -> list[Tags]:
    """The answers without categories that the shop no longer has: the model learned from the shop of some days ago."""
    named = {one.category_id for tags in answers for one in tags.categories}
    known = await repository.known_categories(connection, named)
    return [
        tags.model_copy(update={"categories": [one for one in tags.categories if one.category_id in known]}) for tags in answers
    ]


def rows_of(asked: Sequence[TagSuggestion], tags: Tags, about: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The questions as rows; acceptance is told by the listing's category, or by the suggested one while it has none."""
    category_id = about["category_id"] or (tags.categories[0].category_id if tags.categories else None)
    return [
        {
            **about,
            **one.model_dump(exclude={"alternatives"}),
            "alternatives": Jsonb([other.model_dump() for other in one.alternatives]),
            "category_id": category_id,
        }
        for one in asked
    ]


async def list_waiting(connection: Connection, seller_id: str, *, is_sure: bool, cursor: str | None, limit: int) -> WaitingTags:
    """What waits for the seller's answer, listing by listing.

    Raises:
        InvalidInputError: a cursor that is not ours.
    """
    after = decode_cursor(cursor, length=2, kind=str) if cursor else None
    rows = await repository.waiting(connection, seller_id, is_sure=is_sure, after=after, limit=limit + 1)
    page = rows[:limit]
    more = encode_cursor(page[-1]["product_id"], page[-1]["sort_key"]) if len(rows) > limit else None
    counts = await repository.waiting_counts(connection, seller_id)
    return WaitingTags(items=[_waiting(row) for row in page], next_cursor=more, **counts)


def _waiting(row: DictRow) -> WaitingTag:
    source = row["source"] or TagEvidence.INFERRED
    present = row["present_values"] or []
    present_label = row["present_path"] if row["attribute"] == CATEGORY else ", ".join(present) or None
    said = {"source": source, "is_inferred": source == TagEvidence.INFERRED, "present_label": present_label}
    said |= {"present_values": present, "present_value": present[0] if present else None}
    return WaitingTag.model_validate({**row, **said, "picture_url": picture_url(row["product_id"])})
