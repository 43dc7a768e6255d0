"""The shelves of the shop: what each asks for and for whom, and what is remembered of what was shown."""

from collections.abc import Collection, Sequence
from typing import Any

from psycopg.types.json import Jsonb

from marketplace.contracts.recommendation import (
    BoughtTogetherRequest,
    BuyAgainRequest,
    Listing,
    NewFromSellersRequest,
    Purchase,
    RecommendRequest,
    SimilarRequest,
    TrendingRequest,
    Variant,
)
from marketplace.errors import NotFoundError
from marketplace.vocabulary import Shelf
from storefront_api.catalog import repository as catalog_rows
from storefront_api.catalog import service as catalog
from storefront_api.catalog.schemas import ProductCard
from storefront_api.experiments import service as experiments
from storefront_api.experiments.service import Treatment
from storefront_api.recommendations import candidates, repository
from storefront_api.recommendations.candidates import Candidate
from storefront_api.recommendations.filling import Asker, Filled, Wanted, fill
from storefront_api.recommendations.schemas import RecommendationShelf, ShelfExperiment, ShownProduct, Subject
from storefront_api.recommendations.treatments import asking
from storefront_api.security import new_id

_MOST_OF_A_CART = 50
_MOST_VIEWED = 20


async def for_you(asker: Asker, *, k: int, category_id: str | None = None, without: Collection[str] = ()) -> RecommendationShelf:
    """Products for this customer or this visit; what is popular for somebody who wants no personalisation."""
    if not asker.wants_personalisation:
        return await trending(asker, k=k, category_id=category_id, without=without)
    session_id = asker.visitor.session_id
    refused = list((await asker.standing()).not_interested)

    def question(count: int, excluded: list[str], variant: Variant) -> RecommendRequest:
        return RecommendRequest(
            customer_id=asker.customer_id,
            session_id=session_id,
            k=count,
            exclude_product_ids=excluded,
            not_interested_product_ids=refused[: candidates.MOST_EXCLUDED],
            variant=variant,
        )

    treatment = None
    if not asker.is_onlooker:
        treatment = await experiments.treatment(asker.connection, Shelf.FOR_YOU, unit_id=asker.unit_id, now=asker.now)
    ask, rival = asking(asker.client, question, treatment, variant=asker.variant, rng=asker.rng)
    viewed = await repository.last_viewed(asker.connection, session_id, without=refused)
    lists = (("similar", viewed["product_id"]),) if viewed is not None else ()
    wanted = Wanted(
        Shelf.FOR_YOU,
        k,
        ask,
        own=candidates.of_top_list(asker.top_lists, asker.customer_id),
        lists=lists,
        without=without,
        category_id=category_id,
        is_personalised=True,
        treatment=treatment,
        rival=rival,
        is_explored=category_id is None and not asker.is_onlooker,
    )
    return await _shelf(asker, wanted)


async def because_you_viewed(asker: Asker, *, k: int, without: Collection[str] = ()) -> RecommendationShelf:
    """Products like the one that this visit looked at last; none before it looked at any."""
    refused = (await asker.standing()).not_interested
    viewed = await repository.last_viewed(asker.connection, asker.visitor.session_id, without=refused)
    if viewed is None or not asker.wants_personalisation:
        return _nothing(Shelf.BECAUSE_YOU_VIEWED)
    seen = await catalog_rows.recently_viewed(asker.connection, asker.visitor.session_id, limit=_MOST_VIEWED)
    wanted = Wanted(
        Shelf.BECAUSE_YOU_VIEWED,
        k,
        _asks_similar(asker, viewed["product_id"], viewed["category_id"]),
        lists=(("similar", viewed["product_id"]),),
        without={*without, *seen},
        is_personalised=True,
        about=Subject(product_id=viewed["product_id"], title=viewed["title"]),
    )
    return await _shelf(asker, wanted)


async def similar(asker: Asker, product_id: str, *, k: int, without: Collection[str] = ()) -> RecommendationShelf:
    """Products like this one.

    Raises:
        NotFoundError: the shop does not show the product.
    """
    card = await _card(asker, product_id)
    wanted = Wanted(
        Shelf.SIMILAR,
        k,
        _asks_similar(asker, product_id, card.category_id),
        lists=(("similar", product_id),),
        without={*without, product_id},
        about=Subject(product_id=product_id, title=card.title),
    )
    return await _shelf(asker, wanted)


async def bought_together(asker: Asker, product_id: str, *, k: int, without: Collection[str] = ()) -> RecommendationShelf:
    """What orders with this product hold beside it, more often than chance.

    Raises:
        NotFoundError: the shop does not show the product.
    """
    about = await _subject(asker, product_id)
    return await _bought_with(asker, [product_id], k=k, without=without, about=about)


async def bought_with_cart(asker: Asker, *, k: int, without: Collection[str] = ()) -> RecommendationShelf:
    """What orders with the pieces of the open cart hold beside them; none for an empty cart."""
    product_ids = (await asker.standing()).in_cart[:_MOST_OF_A_CART]
    if not product_ids:
        return _nothing(Shelf.BOUGHT_TOGETHER)
    return await _bought_with(asker, product_ids, k=k, without=without, about=None)


async def _bought_with(
    asker: Asker, product_ids: Sequence[str], *, k: int, without: Collection[str], about: Subject | None
) -> RecommendationShelf:
    async def ask(count: int, excluded: list[str]) -> list[Candidate]:
        request = BoughtTogetherRequest(product_ids=list(product_ids), k=count, exclude_product_ids=excluded)
        return candidates.of_answer(await asker.client.bought_together(request))

    wanted = Wanted(
        Shelf.BOUGHT_TOGETHER,
        k,
        ask,
        lists=tuple((Shelf.BOUGHT_TOGETHER, product_id) for product_id in product_ids),
        without={*without, *product_ids},
        about=about,
    )
    return await _shelf(asker, wanted)


async def buy_again(asker: Asker, *, k: int, without: Collection[str] = ()) -> RecommendationShelf:
    """What the customer bought before and may want again; none for a guest and for whoever wants no personalisation."""
    if asker.customer_id is None or not asker.wants_personalisation:
        return _nothing(Shelf.BUY_AGAIN)
    bought = await repository.purchases(asker.connection, asker.customer_id)
    if not bought:
        return _nothing(Shelf.BUY_AGAIN)
    purchases = [Purchase(**row) for row in bought]
    known = {one.product_id for one in purchases}

    async def ask(count: int, excluded: list[str]) -> list[Candidate]:
        request = BuyAgainRequest(purchases=purchases, k=count, exclude_product_ids=excluded)
        answer = candidates.of_answer(await asker.client.buy_again(request))
        return [one for one in answer if one.product_id in known]

    stand_in = candidates.of_own_purchases(bought)
    return await _shelf(asker, Wanted(Shelf.BUY_AGAIN, k, ask, stand_in=stand_in, without=without, is_personalised=True))


async def new_from_sellers(asker: Asker, *, k: int, without: Collection[str] = ()) -> RecommendationShelf:
    """New listings of sellers that the customer or this visit likes."""
    if not asker.wants_personalisation:
        return _nothing(Shelf.NEW_FROM_SELLERS)
    if asker.customer_id is None and not await repository.last_viewed(asker.connection, asker.visitor.session_id):
        return _nothing(Shelf.NEW_FROM_SELLERS)
    listings = [Listing(**row) for row in await repository.new_listings(asker.connection)]
    if not listings:
        return _nothing(Shelf.NEW_FROM_SELLERS)
    refused = list((await asker.standing()).not_interested)

    async def ask(count: int, excluded: list[str]) -> list[Candidate]:
        request = NewFromSellersRequest(
            customer_id=asker.customer_id,
            session_id=asker.visitor.session_id,
            listings=listings,
            k=count,
            exclude_product_ids=excluded,
            not_interested_product_ids=refused[: candidates.MOST_EXCLUDED],
        )
        return candidates.of_answer(await asker.client.new_from_sellers(request))

    seen = await catalog_rows.recently_viewed(asker.connection, asker.visitor.session_id, limit=_MOST_VIEWED)
    wanted = Wanted(Shelf.NEW_FROM_SELLERS, k, ask, without={*without, *seen}, is_personalised=True)
    return await _shelf(asker, wanted)


async def trending(asker: Asker, *, k: int, category_id: str | None = None, without: Collection[str] = ()) -> RecommendationShelf:
    """Products that go well now, of one category or of all."""

    async def ask(count: int, excluded: list[str]) -> list[Candidate]:
        request = TrendingRequest(category_id=category_id, k=count, exclude_product_ids=excluded)
        return candidates.of_answer(await asker.client.trending(request))

    return await _shelf(asker, Wanted(Shelf.TRENDING, k, ask, without=without, category_id=category_id))


def _asks_similar(asker: Asker, product_id: str, category_id: str | None) -> candidates.Ask:
    async def ask(count: int, excluded: list[str]) -> list[Candidate]:
        request = SimilarRequest(product_id=product_id, category_id=category_id, k=count, exclude_product_ids=excluded)
        return candidates.of_answer(await asker.client.similar(request))

    return ask


async def _subject(asker: Asker, product_id: str) -> Subject:
    return Subject(product_id=product_id, title=(await _card(asker, product_id)).title)


async def _card(asker: Asker, product_id: str) -> ProductCard:
    cards = await catalog.cards(asker.connection, [product_id])
    if not cards:
        raise NotFoundError(f"no product {product_id!r} is on sale")
    return cards[0]


def _nothing(shelf: Shelf) -> RecommendationShelf:
    """A shelf that nobody was asked for."""
    return RecommendationShelf(
        request_id=new_id("rec"), name=shelf, model="none", version="none", fallback=False, is_personalised=False, items=[]
    )


async def _shelf(asker: Asker, wanted: Wanted) -> RecommendationShelf:
    return await _show(asker, wanted, await fill(asker, wanted))


async def _show(asker: Asker, wanted: Wanted, filled: Filled) -> RecommendationShelf:
    found = await catalog.cards(asker.connection, [one.product_id for one in filled.chosen])
    cards = {card.product_id: card for card in found}
    shown = [one for one in filled.chosen if one.product_id in cards]
    request_id = new_id("rec")
    treatment = wanted.treatment
    arm = treatment.arm.name if treatment is not None and treatment.arm is not None else None
    if shown and not asker.is_onlooker:
        columns: dict[str, list[Any]] = {
            "impression_id": [new_id("imp") for _ in shown],
            "product_id": [one.product_id for one in shown],
            "position": list(range(1, len(shown) + 1)),
            "source": [one.source for one in shown],
            "model": [one.model for one in shown],
            "version": [one.version for one in shown],
            "arm": [arm or one.arm for one in shown],
            "propensity": [one.propensity for one in shown],
            "alternatives": [Jsonb(one.alternatives) if one.alternatives is not None else None for one in shown],
        }
        shared = {
            "request_id": request_id,
            "session_id": asker.visitor.session_id,
            "customer_id": asker.customer_id,
            "unit_id": asker.unit_id if asker.wants_personalisation else None,
            "experiment_id": treatment.experiment.experiment_id if treatment is not None else None,
            "shelf": wanted.shelf,
            "is_fallback": filled.is_fallback,
            "shown_at": asker.now,
        }
        await repository.note_impressions(asker.connection, columns, shared)
    return RecommendationShelf(
        request_id=request_id,
        name=wanted.shelf,
        model=shown[0].model if shown else "none",
        version=shown[0].version if shown else "none",
        fallback=filled.is_fallback,
        is_personalised=wanted.is_personalised,
        about=wanted.about,
        experiment=_experiment(treatment),
        items=[
            ShownProduct(
                position=position,
                product=cards[one.product_id],
                score=one.score,
                source=one.source,
                reason=one.reason,
                model=one.model,
                version=one.version,
                arm=one.arm,
            )
            for position, one in enumerate(shown, start=1)
        ],
    )


def _experiment(treatment: Treatment | None) -> ShelfExperiment | None:
    if treatment is None:
        return None
    experiment = treatment.experiment
    arm = treatment.arm.name if treatment.arm is not None else experiments.BOTH
    return ShelfExperiment(experiment_id=experiment.experiment_id, title=experiment.title, kind=experiment.kind, arm=arm)
