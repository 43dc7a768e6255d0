"""What a seller's endpoints say of customers, service, reviews and places: made of the dataclasses that the pages show.

Money is in minor units of `currency`. A null is told where too few people or orders stand behind a figure.
"""

from datetime import date, datetime
from typing import Literal

from pydantic import AliasPath, BaseModel, ConfigDict, Field

from storefront_api.analytics.schemas import Figure, Unit
from storefront_api.seller_analytics.schemas import ServiceMeasure


class Read(BaseModel):
    """Read from the attributes of what was found."""

    model_config = ConfigDict(from_attributes=True)


class CustomerBucket(Read):
    """Customers of a stretch that begins on `day`, each counted once."""

    day: date
    new_count: int
    returning_count: int


class CustomerSegment(Read):
    """The customers of one kind; amounts are means after refunds. `rows` names the table of them.

    `value_minor` is what those who were of this kind 180 days ago brought in since, `observed_count` of them.
    """

    name: str = Field(validation_alias=AliasPath("kind", "name"))
    label: str = Field(validation_alias=AliasPath("kind", "label"))
    definition: str = Field(validation_alias=AliasPath("kind", "words"))
    rows: str = Field(validation_alias=AliasPath("kind", "rows"))
    customer_count: int
    share: float
    spent_minor: float | None
    revenue_share: float | None
    value_minor: float | None
    observed_count: int


class CohortCell(Read):
    """One month of a cohort: how many of it bought, and their share; `is_running` while the month is not over."""

    customer_count: int
    share: float
    is_running: bool


class CustomerCohort(Read):
    """Customers whose first purchase was in `month`; `cells` are the months since, from 1."""

    month: date
    customer_count: int
    revenue_minor: int
    cells: list[CohortCell | None]


class CustomerRegion(Read):
    """Customers of the last 365 days by where they live; `name` is null for all small regions together."""

    name: str | None
    customer_count: int
    order_count: int
    revenue_minor: int


class Customers(Read):
    """Who bought in a period, step by step (`unit`), and the customers of all time by kind, first month and region."""

    currency: str
    figures: list[Figure]
    unit: Literal["day", "week", "month"]
    buckets: list[CustomerBucket]
    segments: list[CustomerSegment]
    cohorts: list[CustomerCohort]
    regions: list[CustomerRegion]


class ServiceMonth(Read):
    """Orders of a month and what became of them so far; `is_mature` once the last of them is old enough."""

    month: date
    order_count: int
    defect_count: int
    late_count: int
    due_count: int
    cancelled_count: int
    is_mature: bool


class Stars(Read):
    """The stars of some days' reviews; `mean` is null where they are too few."""

    from_date: date = Field(validation_alias=AliasPath("days", "first"))
    to_date: date = Field(validation_alias=AliasPath("days", "last"))
    review_count: int
    mean: float | None


class Service(Read):
    """How the shop serves as of the last day with figures; `mature_defects` are of the newest 60 days that are mature.

    `known_within_30_days` is the share of older orders' defects that was known so soon, `reply_hours` the median of replies.
    """

    measures: list[ServiceMeasure]
    mature_defects: ServiceMeasure
    known_within_30_days: float | None
    reply_hours: float | None
    stars: Stars
    months: list[ServiceMonth]


class StarMonth(Read):
    """Reviews of a month and their mean stars."""

    month: date
    review_count: int
    star_mean: float | None


class Quote(Read):
    """What one customer wrote, without who it was."""

    review_id: str
    product_title: str
    rating: int
    title: str | None
    body: str | None
    language: str
    reviewed_at: datetime


class ReviewTheme(Read):
    """A phrase that several customers used, with some of their reviews."""

    phrase: str
    kind: str
    review_count: int
    star_mean: float
    quotes: list[Quote]


class ReviewAnalysis(Read):
    """The reviews of a year: how many gave each number of stars, how the words read, and what they praise and complain of.

    `tones` and `themes` are empty, `model_version` and `computed_at` null, until the model has read them. `harsher` are reviews
    of four or five stars whose words read negative.
    """

    from_date: date = Field(validation_alias=AliasPath("days", "first"))
    to_date: date = Field(validation_alias=AliasPath("days", "last"))
    review_count: int
    star_mean: float | None
    stars: dict[int, int]
    months: list[StarMonth]
    tones: dict[str, int]
    harsher: list[Quote]
    themes: list[ReviewTheme]
    model_version: str | None
    computed_at: datetime | None


class Place(Read):
    """One measure: the seller's own value and the share of the others whom it beats, or why there is none."""

    name: str = Field(validation_alias=AliasPath("measure", "name"))
    label: str = Field(validation_alias=AliasPath("measure", "label"))
    unit: Unit = Field(validation_alias=AliasPath("measure", "unit"))
    definition: str = Field(validation_alias=AliasPath("measure", "words"))
    value: float | None
    percentile: float | None
    peer_count: int | None
    why_not: str | None


class Places(Read):
    """Where the seller stands among others of the same main category, in the last three whole months."""

    category_name: str | None
    from_date: date = Field(validation_alias="first")
    to_date: date = Field(validation_alias="last")
    places: list[Place]
