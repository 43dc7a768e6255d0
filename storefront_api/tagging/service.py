"""The rules of tag suggestions: suggested by the model, decided by the seller, remembered as labels."""

from datetime import datetime

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from marketplace.contracts.tagging import TagRequest, TagResponse
from marketplace.errors import ConflictError, ModelUnavailableError, NotFoundError
from marketplace.vocabulary import ModelName, TagStatus
from storefront_api.clients import TaggingClient
from storefront_api.problems import FieldError
from storefront_api.security import new_id
from storefront_api.tagging import repository
from storefront_api.tagging.schemas import AnsweredTag, NewTagSuggestions, TagAnswer, TagSuggestion, TagSuggestions
from storefront_api.telemetry import Metrics

CATEGORY = "category"


async def suggest(
    connection: AsyncConnection[DictRow],
    client: TaggingClient,
    metrics: Metrics,
    listing: NewTagSuggestions,
    *,
    seller_id: str,
    now: datetime,
) -> TagSuggestions:
    """Tags for a listing, each remembered until the seller answers; none while the service does not answer.

    Raises:
        NotFoundError: the product is not this seller's.
    """
    if listing.product_id and not await repository.is_product_of(connection, listing.product_id, seller_id):
        raise NotFoundError(f"no product {listing.product_id!r} of yours")
    try:
        answer = await client.tag(TagRequest(title=listing.title, description=listing.description))
    except ModelUnavailableError:
        metrics.fell_back(ModelName.TAGGING)
        return TagSuggestions(suggestions=[], has_abstained=True, fallback=True, model=None, version=None)
    suggestions = _suggestions(answer)
    rows = [
        suggestion.model_dump()
        | {"product_id": listing.product_id, "seller_id": seller_id, "version": answer.version, "now": now}
        for suggestion in suggestions
    ]
    if rows:
        await repository.add(connection, rows)
    return TagSuggestions(
        suggestions=suggestions,
        has_abstained=answer.has_abstained,
        fallback=False,
        model=answer.model,
        version=answer.version,
    )


def _suggestions(answer: TagResponse) -> list[TagSuggestion]:
    categories = [
        TagSuggestion(
            tag_suggestion_id=new_id("tag"),
            attribute=CATEGORY,
            value=category.category_id,
            label=category.path,
            probability=category.probability,
            evidence=None,
            is_inferred=True,
        )
        for category in answer.categories
    ]
    attributes = [
        TagSuggestion(
            tag_suggestion_id=new_id("tag"),
            attribute=attribute.attribute,
            value=attribute.value,
            label=attribute.value,
            probability=attribute.probability,
            evidence=attribute.evidence,
            is_inferred=attribute.is_inferred,
        )
        for attribute in answer.attributes
    ]
    return categories + attributes


async def answer(
    connection: AsyncConnection[DictRow], tag_suggestion_id: str, given: TagAnswer, *, seller_id: str, now: datetime
) -> AnsweredTag:
    """The suggestion with the seller's answer; a value that they took goes onto the product at once.

    Raises:
        NotFoundError: no such suggestion for this seller.
        ConflictError: it was answered before.
        FieldError: the category put in its place does not exist.
    """
    row = await repository.lock(connection, tag_suggestion_id, seller_id)
    if row is None:
        raise NotFoundError(f"no suggestion {tag_suggestion_id!r}")
    if row["status"] != TagStatus.SUGGESTED:
        raise ConflictError(f"this suggestion is {row['status']} already")
    value = row["suggested_value"] if given.status is TagStatus.ACCEPTED else given.final_value
    if row["attribute"] == CATEGORY and value is not None and not await repository.is_category(connection, value):
        raise FieldError("/final_value", f"there is no category {value!r}")
    await repository.set_answer(connection, tag_suggestion_id, status=given.status, final_value=value, now=now)
    if row["product_id"] is not None and value is not None:
        await repository.set_product_attribute(connection, row["product_id"], row["attribute"], value)
    return AnsweredTag(
        tag_suggestion_id=tag_suggestion_id,
        attribute=row["attribute"],
        suggested_value=row["suggested_value"],
        status=given.status,
        final_value=value,
        answered_at=now,
    )
