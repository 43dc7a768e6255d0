"""The recommendation service: lists of products, each with its source and its reason in words."""

from pydantic import Field

from marketplace.contracts.answer import Answer, Contract


class RecommendRequest(Contract):
    """Who asks, and what happened in the running session."""

    customer_id: str | None = None
    session_id: str | None = None
    k: int = Field(default=12, ge=1, le=100)
    exclude_product_ids: list[str] = Field(default_factory=list, max_length=1000)


class SimilarRequest(Contract):
    """Products like this one."""

    product_id: str
    k: int = Field(default=12, ge=1, le=100)
    exclude_product_ids: list[str] = Field(default_factory=list, max_length=1000)


class TrendingRequest(Contract):
    """Products that sell and are looked at now, of one category or of all."""

    category_id: str | None = None
    k: int = Field(default=12, ge=1, le=100)
    exclude_product_ids: list[str] = Field(default_factory=list, max_length=1000)


class RecommendedProduct(Contract):
    """One place of a list; `score` orders within one answer only."""

    product_id: str
    score: float
    source: str
    reason: str


class RecommendationResponse(Answer):
    """Best first, no product twice, at most `k`."""

    items: list[RecommendedProduct]
