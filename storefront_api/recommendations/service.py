"""The rules of a shelf: who is asked, what may be shown, what stands in, and what is remembered of it."""

from collections.abc import AsyncIterator, Awaitable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from marketplace.contracts.recommendation import RecommendationResponse, RecommendRequest, SimilarRequest, TrendingRequest
from marketplace.errors import ModelUnavailableError, NotFoundError
from marketplace.vocabulary import ModelName, Shelf
from storefront_api.accounts.service import User
from storefront_api.accounts.visitor import Visitor
from storefront_api.catalog import service as catalog
from storefront_api.clients import RecommendationClient
from storefront_api.recommendations import candidates, repository
from storefront_api.recommendations.candidates import Ask, Candidate
from storefront_api.recommendations.schemas import RecommendationShelf, ShownProduct
from storefront_api.security import new_id
from storefront_api.telemetry import Metrics

Answer = Awaitable[RecommendationResponse]

_ALL = "all"  # the entity of the trending list over every category


@dataclass(frozen=True)
class Asker:
    """Who wants a shelf, and everything that is needed to fill it."""

    connection: AsyncConnection[DictRow]
    client: RecommendationClient
    metrics: Metrics
    user: User | None
    visitor: Visitor
    now: datetime

    @property
    def customer_id(self) -> str | None:
        return self.user.user_id if self.user else None


async def for_you(asker: Asker, *, k: int, category_id: str | None = None) -> RecommendationShelf:
    """Products for this customer or this visit; what is popular for somebody who wants no personalisation."""
    if asker.user is not None and not asker.user.wants_personalisation:
        return await trending(asker, k=k, category_id=category_id)
    session_id = asker.visitor.session_id

    def ask(count: int, excluded: list[str]) -> Answer:
        return asker.client.recommend(
            RecommendRequest(customer_id=asker.customer_id, session_id=session_id, k=count, exclude_product_ids=excluded)
        )

    lists = [("for_you", asker.customer_id)] if asker.customer_id else []
    viewed = await repository.last_viewed(asker.connection, session_id)
    if viewed is not None:
        lists.append(("similar", viewed))
    return await _fill(asker, Shelf.FOR_YOU, ask, k=k, category_id=category_id, lists=lists, without=set(), is_personalised=True)


async def similar(asker: Asker, product_id: str, *, k: int, shelf: Shelf = Shelf.SIMILAR) -> RecommendationShelf:
    """Products like this one.

    Raises:
        NotFoundError: the shop does not show the product.
    """
    if not await catalog.cards(asker.connection, [product_id]):
        raise NotFoundError(f"no product {product_id!r} is on sale")

    def ask(count: int, excluded: list[str]) -> Answer:
        return asker.client.similar(SimilarRequest(product_id=product_id, k=count, exclude_product_ids=excluded))

    lists = [("similar", product_id)]
    return await _fill(asker, shelf, ask, k=k, category_id=None, lists=lists, without={product_id}, is_personalised=False)


async def trending(asker: Asker, *, k: int, category_id: str | None = None) -> RecommendationShelf:
    """Products that go well now, of one category or of all."""

    def ask(count: int, excluded: list[str]) -> Answer:
        return asker.client.trending(TrendingRequest(category_id=category_id, k=count, exclude_product_ids=excluded))

    return await _fill(asker, Shelf.TRENDING, ask, k=k, category_id=category_id, lists=[], without=set(), is_personalised=False)


async def _fill(
    asker: Asker,
    shelf: Shelf,
    ask: Ask,
    *,
    k: int,
    category_id: str | None,
    lists: Sequence[tuple[str, str]],
    without: set[str],
    is_personalised: bool,
) -> RecommendationShelf:
    """The shelf, filled from the service; while it does not answer from stored lists, and to the brim from the shop's counts."""
    excluded = without | await repository.not_again(
        asker.connection, customer_id=asker.customer_id, session_id=asker.visitor.session_id, now=asker.now
    )
    chosen: list[Candidate] = []
    is_fallback = False
    try:
        proposals = candidates.of_service(ask, wanted=k, excluded=excluded, chosen=chosen)
        await _choose(asker, proposals, chosen, k=k, category_id=category_id, excluded=set())
    except ModelUnavailableError:
        is_fallback = True
        asker.metrics.fell_back(ModelName.RECOMMENDATION)
        stored = [*lists, ("trending", category_id or _ALL)]
        await _choose(
            asker,
            candidates.of_stored_lists(asker.connection, stored),
            chosen,
            k=k,
            category_id=category_id,
            excluded=excluded,
        )
    counted = candidates.of_the_shop(asker.connection, category_id=category_id, limit=k + len(excluded))
    await _choose(asker, counted, chosen, k=k, category_id=category_id, excluded=excluded)
    return await _show(asker, shelf, chosen, is_fallback=is_fallback, is_personalised=is_personalised)


async def _choose(
    asker: Asker,
    proposals: AsyncIterator[list[Candidate]],
    chosen: list[Candidate],
    *,
    k: int,
    category_id: str | None,
    excluded: set[str],
) -> None:
    """Add to `chosen` what can be bought at this moment, until there are `k`."""
    if len(chosen) >= k:
        return
    async for proposed in proposals:
        taken = {candidate.product_id for candidate in chosen} | excluded
        fresh = list({one.product_id: one for one in reversed(proposed) if one.product_id not in taken}.values())[::-1]
        ids = [one.product_id for one in fresh]
        buyable = await repository.can_be_bought(asker.connection, ids, category_id=category_id) if ids else set()
        chosen.extend([one for one in fresh if one.product_id in buyable][: k - len(chosen)])
        if len(chosen) >= k:
            return


async def _show(
    asker: Asker, shelf: Shelf, chosen: list[Candidate], *, is_fallback: bool, is_personalised: bool
) -> RecommendationShelf:
    cards = {card.product_id: card for card in await catalog.cards(asker.connection, [one.product_id for one in chosen])}
    shown = [one for one in chosen if one.product_id in cards]
    request_id = new_id("rec")
    if shown:
        columns: dict[str, list[Any]] = {
            "impression_id": [new_id("imp") for _ in shown],
            "product_id": [one.product_id for one in shown],
            "position": list(range(1, len(shown) + 1)),
            "source": [one.source for one in shown],
            "model": [one.model for one in shown],
            "version": [one.version for one in shown],
        }
        shared = {
            "request_id": request_id,
            "session_id": asker.visitor.session_id,
            "customer_id": asker.customer_id,
            "shelf": shelf,
            "is_fallback": is_fallback,
            "shown_at": asker.now,
        }
        await repository.note_impressions(asker.connection, columns, shared)
    return RecommendationShelf(
        request_id=request_id,
        name=shelf,
        model=shown[0].model if shown else "none",
        version=shown[0].version if shown else "none",
        fallback=is_fallback,
        is_personalised=is_personalised,
        items=[
            ShownProduct(position=position, product=cards[one.product_id], score=one.score, source=one.source, reason=one.reason)
            for position, one in enumerate(shown, start=1)
        ],
    )
