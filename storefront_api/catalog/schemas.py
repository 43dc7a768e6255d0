"""What the catalogue's endpoints take in and give out."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from storefront_api.catalog.said_values import SaysValues

Order = Literal["newest", "price", "-price", "relevance"]


class ProductCard(BaseModel):
    """A product as it stands in a list; money in minor units of `currency`."""

    product_id: str
    title: str
    title_is_generated: bool
    price_minor: int
    currency: str
    seller_id: str
    shop_name: str
    seller_city: str | None
    category_id: str | None
    category_name: str | None
    colour: str | None
    units_on_hand: int
    review_count: int
    rating_mean: float | None
    listed_at: datetime
    picture_url: str


class ProductPage(BaseModel):
    """One page of a list; `next_cursor` is null on the last."""

    items: list[ProductCard]
    next_cursor: str | None


class Choice(BaseModel):
    """One thing offered for a customisation of kind choice, with what it adds to the customisation's price."""

    value: str
    label: str
    price_minor: int = 0


class Customisation(BaseModel):
    """Something a shopper may write, choose or send; `price_minor` is added per unit when it is used."""

    customisation_id: str
    name: str
    kind: Literal["text", "choice", "photo"]
    is_required: bool
    max_length: int | None
    price_minor: int
    choices: list[Choice]


class Product(SaysValues, ProductCard):
    """A product with everything its page says.

    `colour`, `material` and `occasion` are its main values; `further_values` has the others by attribute, such as
    `{"colour": ["white"]}`.
    """

    description: str
    language: str
    material: str | None
    occasion: str | None
    season: str | None
    gender: str | None
    further_values: dict[str, list[str]] = Field(default_factory=dict)
    attributes: dict[str, Any]
    category_path: str | None
    customisations: list[Customisation]


class Category(BaseModel):
    """One category; `product_count` counts the products directly in it."""

    category_id: str
    parent_category_id: str | None
    name: str
    name_bn: str | None
    path: str
    product_count: int


class QuoteRequest(BaseModel):
    """How many pieces, customised how: `{customisation_id: value}`."""

    model_config = ConfigDict(extra="forbid")

    choices: dict[str, str] = Field(default_factory=dict, max_length=50)
    quantity: int = Field(default=1, ge=1, le=99)


class QuotedChoice(BaseModel):
    """One chosen customisation and what it adds per unit."""

    customisation_id: str
    name: str
    label: str
    price_minor: int


class Quote(BaseModel):
    """What these pieces cost before shipping and tax."""

    product_id: str
    quantity: int
    currency: str
    unit_price_minor: int
    customisation_minor: int
    total_minor: int
    choices: list[QuotedChoice]
