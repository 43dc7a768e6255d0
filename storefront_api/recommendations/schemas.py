"""A shelf of products with the reason for each."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from marketplace.vocabulary import ExperimentKind
from storefront_api.catalog.schemas import ProductCard

_Word = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:-]{1,64}$")]


class ShelfExperiment(BaseModel):
    """What is being tried on this visitor: `arm` is theirs, or `interleaved` where two lists are mixed."""

    experiment_id: str
    title: str
    kind: ExperimentKind
    arm: str


class ShownProduct(BaseModel):
    """One place of a shelf: the product as it is now, who proposed it and why, and the arm whose list it comes from."""

    position: int
    product: ProductCard
    score: float
    source: str
    reason: str
    model: str
    version: str
    arm: str | None = None


class Subject(BaseModel):
    """The product that a shelf is about."""

    product_id: str
    title: str


class RecommendationShelf(BaseModel):
    """Best first, no product twice, all in stock. `model` and `version` are those of the first place.

    `fallback` says that the recommendation service did not answer and a stored or popular list stands in; send `request_id`,
    `name` and `position` with a `recommendation_click`. A shelf that has nothing to say is empty: `for_you`, `similar` and
    `trending` never are while the shop has something to sell.

    Attributes:
        about: the product that the shelf speaks of, where there is one.
    """

    request_id: str
    name: str
    model: str
    version: str
    fallback: bool
    is_personalised: bool
    about: Subject | None = None
    experiment: ShelfExperiment | None = None
    items: list[ShownProduct]


class Dismissal(BaseModel):
    """A product that one shopper is not interested in, and on which shelf it stood, if on one."""

    model_config = ConfigDict(extra="forbid")

    product_id: _Word
    request_id: _Word | None = None
    shelf: _Word | None = None
    position: int | None = Field(default=None, ge=0, le=1000)


class DismissedProduct(BaseModel):
    """A product that stands on no shelf of this shopper."""

    product_id: str
    title: str
    dismissed_at: datetime


class Personalisation(BaseModel):
    """Whether shelves may follow what this shopper did."""

    model_config = ConfigDict(extra="forbid")

    is_wanted: bool
