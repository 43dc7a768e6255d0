"""What goes into and comes out of checkout."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from marketplace.vocabulary import AttemptOutcome, OrderStatus
from storefront_api.orders.gateway import PaymentMethod, looks_like_card_number

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class Request(BaseModel):
    """Base of what comes in: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class OrderLine(Request):
    """So many pieces of a product, customised like this."""

    product_id: str = Field(min_length=1, max_length=64)
    quantity: int = Field(default=1, ge=1, le=99)
    choices: dict[str, str] = Field(default_factory=dict, max_length=50)


class NewAddress(Request):
    """Where a parcel or a bill goes."""

    recipient_name: Line
    line_1: Line
    line_2: Line | None = None
    city: Line
    region: Line | None = None
    postcode: Annotated[str, StringConstraints(strip_whitespace=True, max_length=20)] | None = None
    country_code: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]


class Payment(Request):
    """How it is paid; `token` is what the gateway gave for the card or wallet, never its number."""

    method: PaymentMethod
    token: str | None = Field(default=None, min_length=3, max_length=100)

    @field_validator("token")
    @classmethod
    def _is_no_card_number(cls, token: str | None) -> str | None:
        if token is not None and looks_like_card_number(token):
            raise ValueError("this looks like a card number; send the gateway's token")
        return token

    @model_validator(mode="after")
    def _card_has_a_token(self) -> "Payment":
        if self.method == "card" and self.token is None:
            raise ValueError("payment by card needs the gateway's token")
        return self


class PlaceOrder(Request):
    """What to order, where to, how paid. Without `items` it is what lies in the cart; without an address the default one."""

    items: list[OrderLine] | None = Field(default=None, min_length=1, max_length=50)
    shipping_address_id: str | None = Field(default=None, max_length=64)
    shipping_address: NewAddress | None = None
    billing_address_id: str | None = Field(default=None, max_length=64)
    payment: Payment

    @model_validator(mode="after")
    def _one_shipping_address(self) -> "PlaceOrder":
        if self.shipping_address_id is not None and self.shipping_address is not None:
            raise ValueError("give shipping_address_id or shipping_address, not both")
        return self


class OrderedChoice(BaseModel):
    """One customisation as ordered, with its price per unit then."""

    name: str
    value: str
    price_minor: int


class OrderItem(BaseModel):
    """One line of an order, at the prices of the day."""

    order_item_id: str
    product_id: str
    title: str
    picture_url: str
    seller_id: str
    shop_name: str
    quantity: int
    unit_price_minor: int
    customisation_minor: int
    discount_minor: int
    shipping_minor: int
    tax_minor: int
    total_minor: int
    refunded_minor: int
    choices: list[OrderedChoice]
    shipped_at: datetime | None
    delivered_at: datetime | None


class Order(BaseModel):
    """An order as its customer sees it; money in minor units of `currency`."""

    order_id: str
    status: OrderStatus
    currency: str
    subtotal_minor: int
    discount_minor: int
    shipping_minor: int
    tax_minor: int
    total_minor: int
    refunded_minor: int
    payment_method: str | None
    payment_outcome: AttemptOutcome | None
    ordered_at: datetime
    approved_at: datetime | None
    shipped_at: datetime | None
    delivered_at: datetime | None
    cancelled_at: datetime | None
    estimated_delivery_at: datetime | None
    items: list[OrderItem]


class OrderSummary(BaseModel):
    """An order in a list."""

    order_id: str
    status: OrderStatus
    currency: str
    total_minor: int
    item_count: int
    ordered_at: datetime


class OrderPage(BaseModel):
    """Newest first; `next_cursor` is null on the last page."""

    items: list[OrderSummary]
    next_cursor: str | None


class CancelOrder(Request):
    """Why; optional."""

    reason: str | None = Field(default=None, max_length=500)


class NewRefund(Request):
    """Money back on one item, or (admins only) on the whole order."""

    order_item_id: str | None = Field(default=None, max_length=64)
    amount_minor: int = Field(ge=1, le=2**53)
    reason: str = Field(min_length=3, max_length=500)


class Refund(BaseModel):
    """A refund that was made, and what could still be refunded."""

    refund_id: str
    order_id: str
    order_item_id: str | None
    amount_minor: int
    currency: str
    reason: str
    refunded_at: datetime
    refundable_minor: int


class PaymentMethods(BaseModel):
    """What checkout takes; `test_tokens` says what becomes of each token of the built-in gateway."""

    methods: list[PaymentMethod]
    test_tokens: dict[str, str]
