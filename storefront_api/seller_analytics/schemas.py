"""What the seller's endpoints give out; money in minor units of `currency`, days in the seller's time zone."""

from datetime import date, datetime
from typing import Literal

from pydantic import AliasPath, BaseModel, ConfigDict, Field

from storefront_api.analytics.schemas import Figure


class Day(BaseModel):
    """One day of a shop."""

    sale_date: date
    order_count: int
    units_sold: int
    revenue_minor: int
    commission_minor: int
    refund_minor: int
    visit_count: int


class TopProduct(BaseModel):
    """One product in the period: how many looked, took it into the cart and bought."""

    product_id: str
    title: str
    view_count: int
    cart_add_count: int
    units_sold: int
    revenue_minor: int
    units_on_hand: int


class LowStock(BaseModel):
    """A product that runs out soon; `cover_days` at the pace of the last 28 days, null when nothing was sold."""

    product_id: str
    title: str
    units_on_hand: int
    units_sold_28d: int
    cover_days: float | None


class ServiceMeasure(BaseModel):
    """One measure of service: `part` of `whole` from `from_date` to `to_date`, as a share with its exact 95 % interval.

    `target` is a ceiling or a floor. `status` is `warn` where it is missed by no more than chance explains, and `unknown`,
    without a share, where too few were counted.
    """

    model_config = ConfigDict(from_attributes=True)

    name: str = Field(validation_alias=AliasPath("measure", "name"))
    label: str = Field(validation_alias=AliasPath("measure", "label"))
    definition: str = Field(validation_alias=AliasPath("measure", "words"))
    rows: str = Field(validation_alias=AliasPath("measure", "rows"))
    counted: str = Field(validation_alias=AliasPath("measure", "counted"))
    target: float = Field(validation_alias=AliasPath("measure", "target"))
    is_ceiling: bool = Field(validation_alias=AliasPath("measure", "is_ceiling"))
    from_date: date = Field(validation_alias=AliasPath("days", "first"))
    to_date: date = Field(validation_alias=AliasPath("days", "last"))
    part: int
    whole: int
    share: float | None
    low: float | None
    high: float | None
    status: Literal["good", "warn", "bad", "unknown"]


class Review(BaseModel):
    """What a customer wrote."""

    review_id: str
    product_id: str
    product_title: str
    rating: int
    title: str | None
    body: str | None
    reviewed_at: datetime


class Overview(BaseModel):
    """A seller's period. `status` is `not_computed` until the pipeline has run once."""

    seller_id: str
    shop_name: str
    status: Literal["ok", "not_computed"]
    currency: str | None
    time_zone: str
    from_date: date | None = None
    to_date: date | None = None
    compare: Literal["previous", "year"] = "previous"
    previous_from_date: date | None = None
    previous_to_date: date | None = None
    first_date: date | None = None
    last_date: date | None = None
    computed_at: datetime | None = None
    figures: list[Figure] = []
    days: list[Day] = []
    top_products: list[TopProduct] = []
    low_stock: list[LowStock] = []
    performance: list[ServiceMeasure] = []
    reviews: list[Review] = []


class ForecastDay(BaseModel):
    """Revenue expected on a day, with the bands that hold it in 80 and 95 of 100 cases."""

    day: date
    revenue_minor: float
    low_80: float
    high_80: float
    low_95: float
    high_95: float


class Forecast(BaseModel):
    """The next days' revenue; `not_enough_data` and `not_computed` come without days."""

    seller_id: str
    status: Literal["ok", "not_enough_data", "not_computed"]
    currency: str | None = None
    method: str | None = None
    last_period_wape: float | None = None
    last_period_bias: float | None = None
    model: str | None = None
    version: str | None = None
    computed_at: datetime | None = None
    days: list[ForecastDay] = []


class Product(BaseModel):
    """One product in the period; stock and wishlists are those of this moment."""

    product_id: str
    title: str
    view_count: int
    cart_add_count: int
    units_sold: int
    revenue_minor: int
    sold_per_view: float | None
    units_on_hand: int
    favourite_count: int


class SearchTerm(BaseModel):
    """What visitors searched for right before they looked at one of the seller's products."""

    search_query: str
    visit_count: int
    product_view_count: int


class Products(BaseModel):
    """The products of a period: the way from look to order, the products in the order asked for, and what runs out."""

    currency: str
    funnel: list[Figure]
    listings: list[Figure]
    products: list[Product]
    low_stock: list[LowStock]
    search_terms: list[SearchTerm]


class WaterfallStep(BaseModel):
    """What a step adds (or takes away, negative), where the sum stands after it, and what it was in the compared days."""

    name: str
    label: str
    change_minor: int
    until_minor: int
    previous_minor: int | None


class Payout(BaseModel):
    """Money that went, or is about to go, to the seller for the deliveries of some days."""

    payout_id: str
    period_start_date: date
    period_end_date: date
    gross_minor: int
    commission_minor: int
    refund_minor: int
    net_minor: int
    status: Literal["pending", "paid"]
    paid_at: datetime | None


class NextPayout(BaseModel):
    """What will be paid next: `pending` is settled, `running` still grows; without earlier payouts no day is known."""

    status: Literal["pending", "running"]
    from_date: date
    to_date: date | None
    expected_date: date | None
    gross_minor: int
    commission_minor: int
    refund_minor: int
    net_minor: int


class Money(BaseModel):
    """The money of a period as steps that add up, the latest payouts, the next one, and where all that was earned is."""

    currency: str
    figures: list[Figure]
    waterfall: list[WaterfallStep]
    payouts: list[Payout]
    next_payout: NextPayout
    balance: list[Figure]
