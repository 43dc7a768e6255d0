"""The recommendation service: lists of products, each with its source and its reason in words."""

from enum import StrEnum

from pydantic import AwareDatetime, Field

from marketplace.contracts.answer import Answer, Contract


class Variant(StrEnum):
    """The registry's two aliases that may answer."""

    CHAMPION = "champion"
    CHALLENGER = "challenger"


class ListRequest(Contract):
    """How long a list is wanted, without what, and by which of the two registered versions.

    A challenger that is not there, was refused by the checks or is still being loaded leaves the answer to the champion.
    """

    k: int = Field(default=12, ge=1, le=100)
    exclude_product_ids: list[str] = Field(default_factory=list, max_length=1000)
    variant: Variant = Variant.CHAMPION


class VisitorRequest(ListRequest):
    """Who asks, and in which running session.

    Attributes:
        not_interested_product_ids: not to be shown, and not to speak for what this session likes either.
    """

    customer_id: str | None = None
    session_id: str | None = None
    not_interested_product_ids: list[str] = Field(default_factory=list, max_length=1000)


class RecommendRequest(VisitorRequest):
    """Products for this visitor."""


class SimilarRequest(ListRequest):
    """Products like this one; of its category, where the model does not know it yet."""

    product_id: str
    category_id: str | None = None


class BoughtTogetherRequest(ListRequest):
    """Products that were bought in the same orders as these: one on its page, several in a cart."""

    product_ids: list[str] = Field(min_length=1, max_length=50)


class Purchase(Contract):
    """A product in an order of the customer's."""

    product_id: str
    bought_at: AwareDatetime


class BuyAgainRequest(ListRequest):
    """What a customer bought, as the shop knows it now."""

    purchases: list[Purchase] = Field(max_length=1000)


class Listing(Contract):
    """A product that was listed lately; the model need not know it yet."""

    product_id: str
    seller_id: str


class NewFromSellersRequest(VisitorRequest):
    """New listings, newest first, of which those from sellers that the visitor likes are wanted."""

    listings: list[Listing] = Field(max_length=1000)


class TrendingRequest(ListRequest):
    """Products that sell and are looked at now, of one category or of all."""

    category_id: str | None = None


class RecommendedProduct(Contract):
    """One place of a list; `score` orders within one answer only."""

    product_id: str
    score: float
    source: str
    reason: str


class RecommendationResponse(Answer):
    """Best first, no product twice, at most `k`; `variant` is who answered, which may be other than who was asked."""

    variant: Variant = Variant.CHAMPION
    items: list[RecommendedProduct]
