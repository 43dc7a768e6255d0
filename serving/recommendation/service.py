"""The recommendation service: products for a visitor, like a product, or trending."""

from collections.abc import Sequence
from typing import Any

import bentoml

from marketplace.contracts.recommendation import (
    BoughtTogetherRequest,
    BuyAgainRequest,
    NewFromSellersRequest,
    RecommendationResponse,
    RecommendedProduct,
    RecommendRequest,
    SimilarRequest,
    TrendingRequest,
    Variant,
    VisitorRequest,
)
from marketplace.vocabulary import ModelName
from models.recommendation import RecommendationModel, bought_together, buy_again, new_from_sellers
from models.recommendation.features import FEATURE_SERVICE
from serving.model_service import ModelService, endpoint, options
from serving.online_features import OnlineFeatures


@bentoml.service(**options(ModelName.RECOMMENDATION))
class RecommendationService(ModelService[RecommendationModel]):
    """Lists of products; what the shop no longer sells or the visitor has seen comes in as `exclude_product_ids`."""

    def __init__(self) -> None:
        super().__init__(ModelName.RECOMMENDATION, RecommendationModel.load)
        self.challenger = self.challenger_beside(self.champion)
        self.features = OnlineFeatures(FEATURE_SERVICE)
        self.features.warm({"customer_id": "", "session_id": ""})

    @endpoint
    def recommend(self, request: RecommendRequest, /) -> RecommendationResponse:
        """For this visitor, from their history and what they looked at in the running session."""
        variant, version, model = self._asked(request.variant)
        recent, is_degraded = self._recent_product_ids(request)
        items = model.recommend(
            customer_id=request.customer_id,
            recent_product_ids=recent,
            k=request.k,
            exclude=frozenset((*request.exclude_product_ids, *request.not_interested_product_ids)),
        )
        return _response(variant, version, items, is_degraded=is_degraded)

    @endpoint
    def similar(self, request: SimilarRequest, /) -> RecommendationResponse:
        """Like one product."""
        variant, version, model = self._asked(request.variant)
        items = model.similar(
            request.product_id, k=request.k, exclude=frozenset(request.exclude_product_ids), category_id=request.category_id
        )
        return _response(variant, version, items)

    @endpoint
    def bought_together(self, request: BoughtTogetherRequest, /) -> RecommendationResponse:
        """From the same orders as one product or a cart; empty where too few orders say so."""
        variant, version, model = self._asked(request.variant)
        items = bought_together(model, request.product_ids, k=request.k, exclude=request.exclude_product_ids)
        return _response(variant, version, items)

    @endpoint
    def buy_again(self, request: BuyAgainRequest, /) -> RecommendationResponse:
        """Of a customer's own purchases."""
        variant, version, model = self._asked(request.variant)
        purchases = [(one.product_id, one.bought_at) for one in request.purchases]
        return _response(variant, version, buy_again(model, purchases, k=request.k, exclude=request.exclude_product_ids))

    @endpoint
    def new_from_sellers(self, request: NewFromSellersRequest, /) -> RecommendationResponse:
        """Of the listings given, those from sellers that this visitor likes."""
        variant, version, model = self._asked(request.variant)
        recent, is_degraded = self._recent_product_ids(request)
        items = new_from_sellers(
            model,
            [(one.product_id, one.seller_id) for one in request.listings],
            customer_id=request.customer_id,
            recent_product_ids=recent,
            k=request.k,
            exclude=request.exclude_product_ids,
            refused=request.not_interested_product_ids,
        )
        return _response(variant, version, items, is_degraded=is_degraded)

    @endpoint
    def trending(self, request: TrendingRequest, /) -> RecommendationResponse:
        """What sells and is looked at now."""
        variant, version, model = self._asked(request.variant)
        items = model.trending(request.category_id, k=request.k, exclude=frozenset(request.exclude_product_ids))
        return _response(variant, version, items)

    def _asked(self, variant: Variant) -> tuple[Variant, str, RecommendationModel]:
        """Who answers: the challenger if it is asked for and can, else the champion."""
        slot = self.challenger.slot() if variant is Variant.CHALLENGER else None
        return (Variant.CHALLENGER, *slot) if slot is not None else (Variant.CHAMPION, *self.champion.current)

    def _recent_product_ids(self, request: VisitorRequest) -> tuple[list[str], bool]:
        """The session's products, newest first, without those refused, and whether they could not be read."""
        if request.session_id is None:
            return [], False
        stored = self.features.read({"customer_id": request.customer_id or "", "session_id": request.session_id})
        if stored is None:
            return [], True
        recent = [str(product_id) for product_id in stored.get("recent_product_ids") or ()]
        refused = set(request.not_interested_product_ids)
        return [product_id for product_id in recent if product_id not in refused], False


def _response(variant: Variant, version: str, items: Sequence[Any], *, is_degraded: bool = False) -> RecommendationResponse:
    return RecommendationResponse(
        variant=variant,
        model=ModelName.RECOMMENDATION,
        version=version,
        is_degraded=is_degraded,
        items=[
            RecommendedProduct(product_id=item.product_id, score=float(item.score), source=item.source, reason=item.reason)
            for item in items
        ],
    )
