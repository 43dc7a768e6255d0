"""What a seller writes about a piece, and what the shop keeps of it."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Value = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
# The attributes that a listing may say beside its columns.
FURTHER_ATTRIBUTES = ("season", "gender")


class ListingWords(BaseModel):
    """A listing as the seller writes it; money in minor units of the shop's currency, null where nothing is said."""

    model_config = ConfigDict(extra="forbid")

    title: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
    description: Annotated[str, StringConstraints(strip_whitespace=True, max_length=5_000)] = ""
    price_minor: int = Field(ge=0, le=100_000_000_000)
    units_on_hand: int = Field(default=0, ge=0, le=1_000_000)
    category_id: str | None = Field(default=None, min_length=1, max_length=200)
    colour: Value | None = None
    material: Value | None = None
    occasion: Value | None = None
    season: Value | None = None
    gender: Value | None = None
    is_active: bool = True


class NewListing(ListingWords):
    """A new listing; tags that were suggested under `draft_id`, and its photograph, become the listing's."""

    draft_id: str | None = Field(default=None, pattern=r"^draft_[A-Za-z0-9]{8,58}$")


class Listing(ListingWords):
    """A listing of the seller's own, on sale or not."""

    product_id: str
    seller_id: str
    currency: str
    language: str
    category_path: str | None
    has_photo: bool
    picture_url: str
    waiting_tag_count: int
    listed_at: datetime


class ListingPage(BaseModel):
    """One page of a seller's listings, newest first; `next_cursor` is null on the last."""

    items: list[Listing]
    next_cursor: str | None
