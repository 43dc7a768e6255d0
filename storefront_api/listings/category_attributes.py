"""Which attributes a category's pieces have, as the tagging model learnt it; one that says another is kept, with a warning."""

from collections.abc import Collection

from marketplace.contracts.tagging import TagRequest
from marketplace.errors import ModelUnavailableError
from storefront_api.catalog.product_values import MAIN
from storefront_api.clients import TaggingClient
from storefront_api.listings.schemas import Listing

ATTRIBUTES = tuple(MAIN)
# What forms, filters and suggestions call an attribute where that is not its own name.
SPOKEN = {"gender": "for whom"}
_LONGEST_TITLE = 500


async def attributes_of(client: TaggingClient, category_id: str | None, *, title: str) -> tuple[str, ...]:
    """Those of the category; all of them where none is chosen, or while the tagging service does not answer."""
    if not category_id:
        return ATTRIBUTES
    try:
        answer = await client.tag(TagRequest(title=title[:_LONGEST_TITLE] or category_id, category_id=category_id))
    except ModelUnavailableError:
        return ATTRIBUTES
    # A service of an earlier release does not say.
    return tuple(one.attribute for one in answer.allowed_attributes) or ATTRIBUTES


def warnings_about(listing: Listing, attributes: Collection[str]) -> list[str]:
    """A sentence for each attribute that the listing says and its category does not have; it is kept as it is."""
    said = {name: ", ".join(listing.values(name)) for name in ATTRIBUTES if name not in attributes}
    return [
        f"pieces in {listing.category_path} have no {_quoted(name)}; “{values}” is kept, take it away if it is a slip"
        for name, values in said.items()
        if values
    ]


def _quoted(name: str) -> str:
    return f"“{SPOKEN[name]}”" if name in SPOKEN else name
