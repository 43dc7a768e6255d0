"""A shelf of products with the reason for each."""

from pydantic import BaseModel

from storefront_api.catalog.schemas import ProductCard


class ShownProduct(BaseModel):
    """One place of a shelf: the product as it is now, who proposed it and why."""

    position: int
    product: ProductCard
    score: float
    source: str
    reason: str


class RecommendationShelf(BaseModel):
    """Best first, no product twice, all in stock.

    `fallback` says that the recommendation service did not answer and a stored or popular list stands in; send `request_id`,
    `name` and `position` with a `recommendation_click`.
    """

    request_id: str
    name: str
    model: str
    version: str
    fallback: bool
    is_personalised: bool
    items: list[ShownProduct]
