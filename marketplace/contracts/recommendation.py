"""The recommendation service: lists of products, each with its source and its reason in words."""

from enum import StrEnum

from pydantic import Field

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


class RecommendRequest(ListRequest):
    """Who asks, and what happened in the running session."""

    customer_id: str | None = None
    session_id: str | None = None


class SimilarRequest(ListRequest):
    """Products like this one."""

    product_id: str


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
