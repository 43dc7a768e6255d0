"""What a seller writes about a piece, and what the shop keeps of it."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from marketplace.vocabulary import MOST_VALUES
from storefront_api.catalog.said_values import SaysValues
from storefront_api.tagging.schemas import LONGEST_VALUE

Value = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_VALUE)]
HIGHEST_PRICE_MINOR = 100_000_000_000


class FurtherValues(BaseModel):
    """What a piece is too, beside its main colour, material and occasion."""

    model_config = ConfigDict(extra="forbid")

    colour: Annotated[list[Value], Field(max_length=MOST_VALUES - 1)] = []
    material: Annotated[list[Value], Field(max_length=MOST_VALUES - 1)] = []
    occasion: Annotated[list[Value], Field(max_length=MOST_VALUES - 1)] = []


class ListingWords(BaseModel):
    """A listing as the seller writes it; money in minor units of the shop's currency, null where nothing is said.

    `colour`, `material` and `occasion` are the main ones; where only a further one is said, it becomes the main one.
    """

    model_config = ConfigDict(extra="forbid")

    title: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
    description: Annotated[str, StringConstraints(strip_whitespace=True, max_length=5_000)] = ""
    price_minor: int = Field(ge=0, le=HIGHEST_PRICE_MINOR)
    units_on_hand: int = Field(default=0, ge=0, le=1_000_000)
    category_id: str | None = Field(default=None, min_length=1, max_length=200)
    colour: Value | None = None
    material: Value | None = None
    occasion: Value | None = None
    season: Value | None = None
    gender: Value | None = None
    further_values: FurtherValues = Field(default_factory=FurtherValues)
    is_active: bool = True


class NewListing(ListingWords):
    """A new listing; tags that were suggested under `draft_id`, and its photograph, become the listing's."""

    draft_id: str | None = Field(default=None, pattern=r"^draft_[A-Za-z0-9]{8,58}$")


class Listing(SaysValues, BaseModel):
    """A listing of the seller's own, on sale or not; it may be longer than what can be written, as importers have no limits.

    `further_values` has what it says beside its main colour, material or occasion, such as `{"colour": ["white"]}`. `warnings`
    tells who saves it what looks like a slip, such as a season where its category's pieces have none.
    """

    product_id: str
    seller_id: str
    title: str
    description: str
    price_minor: int
    currency: str
    units_on_hand: int
    language: str
    category_id: str | None
    category_path: str | None
    colour: str | None
    material: str | None
    occasion: str | None
    season: str | None
    gender: str | None
    further_values: dict[str, list[str]]
    is_active: bool
    has_photo: bool
    picture_url: str
    waiting_tag_count: int
    listed_at: datetime
    warnings: list[str] = Field(default_factory=list)


class ListingPage(BaseModel):
    """One page of a seller's listings, newest first; `next_cursor` is null on the last."""

    items: list[Listing]
    next_cursor: str | None
