"""What goes into and comes out of the cart."""

from pydantic import BaseModel, ConfigDict, Field


class NewCartItem(BaseModel):
    """So many pieces of a product, customised like this: `{customisation_id: value}`."""

    model_config = ConfigDict(extra="forbid")

    product_id: str = Field(min_length=1, max_length=64)
    quantity: int = Field(default=1, ge=1, le=99)
    choices: dict[str, str] = Field(default_factory=dict, max_length=50)


class CartItemChange(BaseModel):
    """A new quantity, new choices, or both."""

    model_config = ConfigDict(extra="forbid")

    quantity: int | None = Field(default=None, ge=1, le=99)
    choices: dict[str, str] | None = Field(default=None, max_length=50)


class CartChoice(BaseModel):
    """One customisation as chosen, with its price per unit today."""

    customisation_id: str
    name: str
    value: str
    label: str
    price_minor: int


class CartItem(BaseModel):
    """One line at today's price; `problem` says why it cannot be ordered as it is."""

    cart_item_id: str
    product_id: str
    title: str
    picture_url: str
    seller_id: str
    shop_name: str
    quantity: int
    units_on_hand: int
    choices: list[CartChoice]
    unit_price_minor: int
    customisation_minor: int
    total_minor: int
    currency: str
    problem: str | None


class Cart(BaseModel):
    """The open cart; `shipping_minor` is one parcel for each seller, `can_be_ordered` is false while a line has a problem."""

    items: list[CartItem]
    currency: str | None
    subtotal_minor: int
    shipping_minor: int
    total_minor: int
    item_count: int
    can_be_ordered: bool
