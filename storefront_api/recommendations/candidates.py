"""Where the products of a shelf come from, one source after the other until it is full."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from marketplace.contracts.recommendation import RecommendationResponse
from marketplace.errors import ModelUnavailableError
from marketplace.top_lists import TopLists
from storefront_api.recommendations import repository

Ask = Callable[[int, list[str]], "Awaitable[list[Candidate]]"]

WHOLE_SHOP = "all"  # the entity of the stored trending list over every category

MOST_EXCLUDED = 1_000
_SPARE = 8  # asked for beyond the need: some of a list is always sold out
_LARGEST_ANSWER = 100
_MOST_QUESTIONS = 3


@dataclass(frozen=True)
class Candidate:
    """A product that somebody proposes, and who that is.

    `arm` is the list of an experiment that it comes from; `propensity` the chance that it was drawn out of `alternatives`.
    """

    product_id: str
    score: float
    source: str
    reason: str
    model: str
    version: str
    arm: str | None = None
    propensity: float = 1.0
    alternatives: tuple[str, ...] | None = None


def of_answer(answer: RecommendationResponse, arm: str | None = None) -> list[Candidate]:
    """The products of one answer of the service."""
    return [
        Candidate(item.product_id, item.score, item.source, item.reason, answer.model, answer.version, arm)
        for item in answer.items
    ]


async def of_service(
    ask: Ask, *, count: int, wanted: int, excluded: set[str], found: Collection[str]
) -> AsyncIterator[list[Candidate]]:
    """The service's list, and while too few of it may be shown what it would say next.

    Args:
        count: how many it is asked for at a time, some to spare.
        wanted: how many must be found.
        excluded: never to be proposed; grows here by what was proposed.
        found: what may be shown so far, filled by the caller between two lists.
    Raises:
        ModelUnavailableError: the first question had no answer. A later one that fails just ends the lists.
    """
    asked = min(_LARGEST_ANSWER, count + _SPARE)
    for question in range(_MOST_QUESTIONS):
        try:
            answer = await ask(asked, sorted(excluded)[:MOST_EXCLUDED])
        except ModelUnavailableError:
            if question == 0:
                raise
            return
        fresh = [one for one in answer if one.product_id not in excluded]
        excluded.update(one.product_id for one in fresh)
        yield fresh
        if len(found) >= wanted or not fresh or len(answer) < asked:
            return


def of_top_list(top_lists: TopLists, customer_id: str | None) -> list[Candidate]:
    """The list that the pipeline published for a customer; empty for a guest and for whoever has none."""
    found = top_lists.of(customer_id) if customer_id is not None else None
    if found is None:
        return []
    version, listed = found
    return [Candidate(one.product_id, one.score, one.source, one.reason, version.model, version.version) for one in listed]


async def of_stored_lists(
    connection: AsyncConnection[DictRow], lists: Sequence[tuple[str, str]], *, first: Sequence[Candidate] = ()
) -> AsyncIterator[list[Candidate]]:
    """What stands `first`, then the lists that the pipeline stored, by name and entity."""
    if first:
        yield list(first)
    for name, entity_id in lists:
        yield [
            Candidate(row["product_id"], row["score"], row["source"], row["reason"], row["model_name"], row["model_version"])
            for row in await repository.stored_list(connection, name, entity_id)
        ]


async def of_the_shop(
    connection: AsyncConnection[DictRow], *, category_id: str | None, limit: int
) -> AsyncIterator[list[Candidate]]:
    """What sells now, then what is new: plain counting over the shop's own tables, no model."""
    for row_source, source, reason in (
        (repository.sold_most, "sold_most_7d", "Bought by many customers this week"),
        (repository.newest, "newest", "New in the shop"),
    ):
        rows = await row_source(connection, category_id=category_id, limit=limit)
        yield [Candidate(row["product_id"], row["score"], source, reason, "shop_counts", "1") for row in rows]


async def of_own_purchases(purchases: Sequence[DictRow]) -> AsyncIterator[list[Candidate]]:
    """What a customer bought, the latest first: their own orders, no model."""
    listed = list(dict.fromkeys(row["product_id"] for row in purchases))
    yield [
        Candidate(product_id, float(len(listed) - place), "own_purchases", "You bought it before", "shop_counts", "1")
        for place, product_id in enumerate(listed)
    ]
