"""How a shelf is filled: proposals, less what must not be shown, arranged by the rules, source after source until it is full."""

import random
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from marketplace.contracts.recommendation import Variant
from marketplace.errors import ModelUnavailableError
from marketplace.experiments import team_draft
from marketplace.shelf_rules import AS_RANKED, Ranked, ShelfRules, arrange
from marketplace.top_lists import TopLists
from marketplace.vocabulary import FURTHER, SEVERAL_VALUED, ModelName, Shelf
from storefront_api.accounts.service import User
from storefront_api.accounts.visitor import Visitor
from storefront_api.clients import RecommendationClient
from storefront_api.experiments.service import Treatment
from storefront_api.recommendations import candidates, repository
from storefront_api.recommendations.candidates import Ask, Candidate
from storefront_api.recommendations.dismissals import Shopper, dismissed
from storefront_api.recommendations.exploring import explore
from storefront_api.recommendations.schemas import Subject
from storefront_api.recommendations.treatments import Rival
from storefront_api.telemetry import Metrics

_BY_LIKENESS = ShelfRules(category_share=None)
_RULES = {
    Shelf.FOR_YOU: ShelfRules(),
    Shelf.TRENDING: ShelfRules(),
    # What is like a product is mostly of its category.
    Shelf.SIMILAR: _BY_LIKENESS,
    Shelf.BECAUSE_YOU_VIEWED: _BY_LIKENESS,
    Shelf.NEW_FROM_SELLERS: _BY_LIKENESS,
    # The strongest pairs of a basket and one's own habits are what these shelves are asked for, whoever sells them.
    Shelf.BOUGHT_TOGETHER: AS_RANKED,
    Shelf.BUY_AGAIN: AS_RANKED,
}
# What sells now would be no answer to what their names say: these end where their own proposals end.
_SAYS_ONLY_ITS_NAME = frozenset({Shelf.BECAUSE_YOU_VIEWED, Shelf.BOUGHT_TOGETHER, Shelf.BUY_AGAIN, Shelf.NEW_FROM_SELLERS})


@dataclass(frozen=True)
class Standing:
    """What a visitor has or wants no more, as the shop knows it at this moment."""

    just_bought: frozenset[str]
    in_cart: tuple[str, ...]
    not_interested: tuple[str, ...]


@dataclass
class Asker:
    """Who wants a shelf, and everything that is needed to fill it; made for one request.

    Attributes:
        is_onlooker: asks to see what would be shown; nothing is noted as shown, and no experiment includes them.
        variant: which registered version answers where no experiment says so.
    """

    connection: AsyncConnection[DictRow]
    client: RecommendationClient
    top_lists: TopLists
    metrics: Metrics
    user: User | None
    visitor: Visitor
    now: datetime
    is_onlooker: bool = False
    variant: Variant = Variant.CHAMPION
    rng: random.Random = field(default_factory=random.Random)
    _standing: Standing | None = field(default=None, init=False, repr=False)

    @property
    def customer_id(self) -> str | None:
        return self.user.user_id if self.user else None

    @property
    def unit_id(self) -> str:
        """Who is in an arm of an experiment: the customer, else the browser of the guest."""
        return self.customer_id or self.visitor.device_id

    @property
    def shopper(self) -> Shopper:
        return Shopper(self.customer_id, self.visitor.session_id)

    @property
    def wants_personalisation(self) -> bool:
        """The customer's own choice, a guest's by their browser."""
        return self.user.wants_personalisation if self.user else self.visitor.wants_personalisation

    async def standing(self) -> Standing:
        """Read once, for all shelves of the request."""
        if self._standing is None:
            bought = await repository.just_bought(self.connection, self.customer_id, now=self.now) if self.customer_id else set()
            cart = await repository.in_cart(self.connection, customer_id=self.customer_id, session_id=self.visitor.session_id)
            refused = await dismissed(self.connection, self.shopper)
            self._standing = Standing(frozenset(bought), tuple(cart), tuple(one.product_id for one in refused))
        return self._standing


@dataclass(frozen=True)
class Wanted:
    """One shelf: whom to ask, and what stands in.

    Attributes:
        own: the visitor's own published list, the first that stands in when the service does not answer.
        lists: stored lists, by name and entity, which follow it.
        stand_in: proposals for that case which are not stored.
        without: products that have their place elsewhere.
        treatment: what an experiment does to this visitor's shelf.
        rival: a second list that the first is interleaved with.
        is_explored: whether one place may show something new, to learn who likes it.
        category_id: only this category and what is below it; then it may hold nothing else, so it has no cap.
    """

    shelf: Shelf
    places: int
    ask: Ask
    own: Sequence[Candidate] = ()
    lists: tuple[tuple[str, str], ...] = ()
    stand_in: AsyncIterator[list[Candidate]] | None = None
    without: Collection[str] = ()
    category_id: str | None = None
    is_personalised: bool = False
    about: Subject | None = None
    treatment: Treatment | None = None
    rival: Rival | None = None
    is_explored: bool = False

    @property
    def rules(self) -> ShelfRules:
        rules = _RULES[self.shelf]
        return rules if self.category_id is None else replace(rules, category_share=None)


@dataclass(frozen=True)
class Filled:
    """What a shelf holds, best first, and whether the service was away."""

    chosen: list[Candidate]
    is_fallback: bool


async def fill(asker: Asker, wanted: Wanted) -> Filled:
    """The shelf from the service; while that does not answer from what stands in, then to the brim from the shop's counts."""
    standing = await asker.standing()
    unwanted = {*wanted.without, *standing.in_cart, *standing.not_interested}
    if wanted.shelf is not Shelf.BUY_AGAIN:
        unwanted |= standing.just_bought
    filling = _Filling(asker.connection, wanted, unwanted)
    is_fallback = False
    try:
        await filling.from_service()
    except ModelUnavailableError:
        is_fallback = True
        asker.metrics.fell_back(ModelName.RECOMMENDATION)
        await filling.from_lists()
    if wanted.shelf not in _SAYS_ONLY_ITS_NAME:
        await filling.from_the_shop()
    if wanted.is_explored and not is_fallback:
        filling.chosen = await explore(asker.connection, filling.chosen, wanted.places, unwanted=unwanted, rng=asker.rng)
    return Filled(filling.chosen, is_fallback)


class _Filling:
    """A shelf while it is being filled."""

    def __init__(self, connection: AsyncConnection[DictRow], wanted: Wanted, unwanted: set[str]) -> None:
        self._connection = connection
        self._wanted = wanted
        self._unwanted = unwanted
        self._ranked: list[Ranked] = []
        self.chosen: list[Candidate] = []

    async def from_service(self) -> None:
        """All answers together are arranged: the caps choose among more than the shelf holds."""
        found = await self._found_by(self._wanted.ask)
        if self._wanted.rival is None:
            self._add(found)
        else:
            self._draft(found, await self._found_by(self._wanted.rival.ask), rng=self._wanted.rival.rng)

    async def from_lists(self) -> None:
        """The stored lists one after the other, the trending one of the category or of all in the end."""
        lists = [*self._wanted.lists]
        if self._wanted.shelf not in _SAYS_ONLY_ITS_NAME:
            lists.append((Shelf.TRENDING, self._wanted.category_id or candidates.WHOLE_SHOP))
        stored = candidates.of_stored_lists(self._connection, lists, first=self._wanted.own)
        await self._add_all(self._wanted.stand_in or stored)

    async def from_the_shop(self) -> None:
        """Plain counts of the shop's own tables."""
        if len(self.chosen) < self._wanted.places:
            limit = 3 * self._wanted.places + len(self._unwanted) + len(self.chosen)
            await self._add_all(candidates.of_the_shop(self._connection, category_id=self._wanted.category_id, limit=limit))

    async def _found_by(self, ask: Ask) -> dict[str, tuple[Candidate, Ranked]]:
        """What the service proposes and may be shown."""
        spare = 1 if self._wanted.rules == AS_RANKED else 3
        found: dict[str, tuple[Candidate, Ranked]] = {}
        asked = spare * self._wanted.places
        async for proposed in candidates.of_service(
            ask, count=asked, wanted=self._wanted.places, excluded=set(self._unwanted), found=found
        ):
            found |= await self._shown_of(proposed)
        return found

    def _draft(
        self, first: dict[str, tuple[Candidate, Ranked]], second: dict[str, tuple[Candidate, Ranked]], *, rng: random.Random
    ) -> None:
        """Both lists as each alone would stand on the shelf, interleaved; arranged afterwards, they would be so no more.

        Two lists of one version (a challenger that is not there yet) are nobody's, and so is a click on them.
        """
        sides = (first, second)
        if {one.version for one, _ in first.values()} == {one.version for one, _ in second.values()}:
            self._add({product_id: (replace(one, arm=None), ranked) for product_id, (one, ranked) in first.items()})
            return
        arranged = [
            [one.product_id for one in arrange([ranked for _, ranked in side.values()], self._wanted.places, self._wanted.rules)]
            for side in sides
        ]
        for product_id, team in team_draft(*arranged, rng=rng)[: self._wanted.places]:
            owner = sides[team] if team is not None else first | second
            candidate, ranked = owner[product_id]
            self._ranked.append(ranked)
            self.chosen.append(candidate if team is not None else replace(candidate, arm=None))

    async def _add_all(self, lists: AsyncIterator[list[Candidate]]) -> None:
        async for proposed in lists:
            self._add(await self._shown_of(proposed))
            if len(self.chosen) >= self._wanted.places:
                return

    def _add(self, found: dict[str, tuple[Candidate, Ranked]]) -> None:
        ranked = [one for _, one in found.values()]
        for one in arrange(ranked, self._wanted.places, self._wanted.rules, taken=self._ranked):
            self._ranked.append(one)
            self.chosen.append(found[one.product_id][0])

    async def _shown_of(self, proposed: list[Candidate]) -> dict[str, tuple[Candidate, Ranked]]:
        """Those of the proposals that may be shown now and are not on the shelf yet, each once and in their order."""
        taken = self._unwanted | {one.product_id for one in self.chosen}
        fresh: dict[str, Candidate] = {}
        for one in proposed:
            if one.product_id not in taken:
                fresh.setdefault(one.product_id, one)
        if not fresh:
            return {}
        facts = await repository.may_be_shown(self._connection, list(fresh), category_id=self._wanted.category_id)
        return {product_id: (one, _ranked(one, facts[product_id])) for product_id, one in fresh.items() if product_id in facts}


def _ranked(candidate: Candidate, facts: DictRow) -> Ranked:
    further = facts[FURTHER] or {}
    said = {name: [facts[name], *further.get(name, ())] for name in SEVERAL_VALUED if facts[name]}
    attributes = frozenset(f"{name}={value}" for name, values in said.items() for value in values)
    return Ranked(candidate.product_id, candidate.score, facts["seller_id"], facts["category_id"], attributes)
