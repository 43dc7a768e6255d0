"""The fitted recommender: lists with a source and a true reason for every place."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from models.recommendation.candidates import Candidates, merged
from models.recommendation.config import RecommendationConfig, SourceName
from models.recommendation.first_stage import FirstStage
from models.recommendation.fitted_sources import Sources
from models.recommendation.listing import Recommended, listed, owed_to, to_unit
from models.recommendation.ranker import Blend, LambdaRank, Ranker
from models.recommendation.ranking import RankingFeatures
from models.recommendation.reasons import Catalogue, Contributions
from models.recommendation.session_ranker import SessionModel
from models.recommendation.session_source import RunningSession
from models.recommendation.shelf_tables import ShelfTables
from models.recommendation.sources import Asked, FloatTable, Source, entries_of, rows_or_empty, with_columns
from models.recommendation.storage import load_arrays, save_arrays

# Customers whose candidates are held at a time.
_BATCH = 200


@dataclass(frozen=True)
class RecommendationModel:
    """Everything that a list needs, in arrays over `catalogue.product_ids` (sorted) and `customer_ids` (sorted).

    Attributes:
        tastes, bought, hidden: as in `features.Histories`.
        ranker: orders what the sources propose for a customer.
        blend: a weighted sum of the sources, which the ranker was held against; it ranks where trees are not better.
        running_session: says what is looked at next in a visit; none where no visit taught it, then co-visitation does.
    """

    config: RecommendationConfig
    as_of: pd.Timestamp
    ranker: Ranker
    blend: Blend
    catalogue: Catalogue
    customer_ids: NDArray[np.str_]
    tastes: sparse.csr_matrix
    bought: sparse.csr_matrix
    hidden: sparse.csr_matrix
    shelves: ShelfTables
    first_stage: FirstStage
    running_session: RunningSession | None = None

    @property
    def sources(self) -> Sources:
        """The fitted candidate sources."""
        return self.first_stage.sources

    @property
    def ranker_words(self) -> str:
        """What orders the candidates, in words."""
        return "LambdaRank trees" if isinstance(self.ranker, LambdaRank) else "the blend (trees were not shown to be better)"

    def recommend(
        self, *, customer_id: str | None, recent_product_ids: Sequence[str] = (), k: int = 12, exclude: Iterable[str] = ()
    ) -> list[Recommended]:
        """At most `k` products for a customer in a running session; both may be unknown, which gives what is trending.

        Args:
            recent_product_ids: looked at in this session, newest first; not on the list themselves.
            exclude: further products that may not be on it.
        """
        row = self._customer_rows.get(customer_id, -1) if customer_id is not None else -1
        session = self._session_profile(recent_product_ids)
        asked = self.asked(np.array([row]), also_hidden=[*session.indices.tolist(), *self._positions(exclude)])
        in_session = replace(asked, profiles=session)
        said = {
            name: source.candidates(in_session, self.config.candidates_per_source)
            for name, source in self._session_sources.items()
            if session.nnz
        }
        candidates = self.first_stage.propose(asked, beside=said.values())
        ranked = self.first_stage.order(self.ranker, asked, candidates)
        followed = {name: entries_of(table, candidates.rows, candidates.products) for name, table in said.items()}
        return self._listed(asked, candidates, ranked, followed, k, session=session)

    def recommend_each(self, customer_ids: Sequence[str], *, k: int = 12) -> Iterator[list[Recommended]]:
        """`recommend` for many customers outside any session, in their order; far quicker than one by one."""
        nothing = self._session_profile(())
        for start in range(0, len(customer_ids), _BATCH):
            rows = self.customer_rows(customer_ids[start : start + _BATCH])
            asked = self.asked(rows)
            candidates = self.first_stage.propose(asked)
            ranked = self.first_stage.order(self.ranker, asked, candidates)
            bounds = np.searchsorted(candidates.rows, np.arange(len(rows) + 1))
            for place, (first, stop) in enumerate(pairwise(bounds.tolist())):
                one = asked.part(np.array([place]))
                yield self._listed(one, candidates.slice(first, stop), ranked[first:stop], {}, k, session=nothing)

    def similar(
        self, product_id: str, *, k: int = 12, exclude: Iterable[str] = (), category_id: str | None = None
    ) -> list[Recommended]:
        """At most `k` products like this one: chosen by the same people, or alike as listings; then its category's best.

        Args:
            category_id: what is popular there answers for a product that is not known yet; without it the whole shop does.
        """
        position = self._product_positions.get(product_id)
        if position is None:
            exclude = tuple(exclude)
            of_category = self.trending(category_id, k=k, exclude=exclude) if category_id is not None else []
            return of_category or self.trending(None, k=k, exclude=exclude)
        seed = self._session_profile([product_id])
        asked = self._asked_with(seed, [position, *self._positions(exclude)])
        # The category only fills up: any product that is alike comes before it.
        weights = {SourceName.SESSION_CO_VISITATION: 1.0, SourceName.SESSION_CONTENT: 1.0, SourceName.CATEGORY_TRENDING: 1e-3}
        return self._summed(asked, weights, k, self._context(history=seed, session=seed, bought_by=-1, is_about=position))

    def trending(self, category_id: str | None, *, k: int = 12, exclude: Iterable[str] = ()) -> list[Recommended]:
        """At most `k` products popular lately, in a category with all below it, or in the whole shop."""
        nothing = self._session_profile(())
        asked = self._asked_with(nothing, self._positions(exclude))
        if category_id is not None:
            asked = replace(asked, offered=asked.offered & self.catalogue.is_within(category_id))
        context = self._context(history=nothing, session=nothing, bought_by=-1, within=category_id)
        called = SourceName.TRENDING if category_id is None else SourceName.CATEGORY_TRENDING
        return self._summed(asked, {SourceName.TRENDING: 1.0}, k, context, called={SourceName.TRENDING: called})

    def asked(self, rows: NDArray[np.intp], *, also_hidden: Sequence[int] = ()) -> Asked:
        """What the sources are asked for customers by row, -1 for an unknown one: no list shows what is not on offer, was
        bought before or seen lately.

        Args:
            also_hidden: positions of products hidden from all of them.
        """
        hidden = rows_or_empty(self.hidden, rows)
        if len(also_hidden):
            hidden = with_columns(hidden, also_hidden)
        return Asked(rows_or_empty(self.tastes, rows), rows, hidden, self.catalogue.is_active)

    def could_show(self, customer_id: str, product_id: str) -> bool:
        """Whether a list of this customer may hold the product: known, on offer, not bought before nor seen lately."""
        position = self._product_positions.get(product_id)
        if position is None or not self.catalogue.is_active[position]:
            return False
        return position not in self.asked(self.customer_rows([customer_id])).hidden.indices

    def customer_rows(self, customer_ids: Iterable[str]) -> NDArray[np.intp]:
        """Row of each customer, -1 where unknown."""
        return np.array([self._customer_rows.get(customer_id, -1) for customer_id in customer_ids], dtype=np.intp)

    def save(self, folder: Path) -> None:
        """Write `model.json` and `arrays.npz` into `folder`, `ranker.txt` where trees rank, and the session model's two files."""
        folder.mkdir(parents=True, exist_ok=True)
        facts = {
            "config": asdict(self.config),
            "as_of": self.as_of.isoformat(),
            "blend": {name.value: weight for name, weight in self.blend.weights.items()},
            "sources": [name.value for name in self.first_stage.names],
            "ranker_columns": list(self.ranker.names) if isinstance(self.ranker, LambdaRank) else None,
            "category_names": list(self.catalogue.category_names),
        }
        (folder / "model.json").write_text(json.dumps(facts, ensure_ascii=False, indent=1, sort_keys=True))
        if isinstance(self.ranker, LambdaRank):
            (folder / "ranker.txt").write_text(self.ranker.text)
        if self.running_session is not None:
            save_arrays(folder / "session.npz", self.running_session.model.arrays())
            (folder / "session_ranker.txt").write_text(self.running_session.model.trees)
        save_arrays(
            folder / "arrays.npz",
            {
                "customer_ids": self.customer_ids,
                "tastes": self.tastes,
                "bought": self.bought,
                "hidden": self.hidden,
                **self.catalogue.arrays(),
                **self.sources.arrays(),
                **self.first_stage.reads.arrays(),
                **self.shelves.arrays(),
            },
        )

    @classmethod
    def load(cls, folder: Path) -> RecommendationModel:
        """The model that `save` wrote; trees need LightGBM, all else numpy and scipy only."""
        facts: dict[str, Any] = json.loads((folder / "model.json").read_text())
        arrays = load_arrays(folder / "arrays.npz")
        settings = facts["config"]
        config = RecommendationConfig(**{**settings, "weight_steps": tuple(settings["weight_steps"])})
        blend = Blend({SourceName(name): weight for name, weight in facts["blend"].items()})
        columns = facts["ranker_columns"]
        running_session = None
        if (folder / "session.npz").exists():
            trees = (folder / "session_ranker.txt").read_text()
            running_session = RunningSession(SessionModel.of_arrays(load_arrays(folder / "session.npz"), trees, repeats=False))
        return cls(
            config=config,
            as_of=pd.Timestamp(facts["as_of"]),
            ranker=LambdaRank((folder / "ranker.txt").read_text(), tuple(columns)) if columns else blend,
            blend=blend,
            catalogue=Catalogue.from_arrays(arrays, facts["category_names"]),
            customer_ids=arrays["customer_ids"],
            tastes=arrays["tastes"],
            bought=arrays["bought"],
            hidden=arrays["hidden"],
            first_stage=FirstStage(
                Sources.from_arrays(arrays, config),
                RankingFeatures.from_arrays(arrays),
                tuple(SourceName(name) for name in facts["sources"]),
                config.candidates_per_source,
            ),
            running_session=running_session,
            shelves=ShelfTables.from_arrays(arrays),
        )

    @property
    def _session_sources(self) -> Mapping[SourceName, Source]:
        """Who is asked what follows from the running session."""
        if self.running_session is None:
            following: Mapping[SourceName, Source] = {SourceName.SESSION_CO_VISITATION: self.sources.co_visitation}
        else:
            following = {SourceName.SESSION_NEXT: self.running_session}
        return {**following, SourceName.SESSION_CONTENT: self.sources.content}

    @cached_property
    def _customer_rows(self) -> dict[str | None, int]:
        return {customer_id: row for row, customer_id in enumerate(self.customer_ids.tolist())}

    @cached_property
    def _product_positions(self) -> dict[str, int]:
        return {product_id: position for position, product_id in enumerate(self.catalogue.product_ids.tolist())}

    def _positions(self, product_ids: Iterable[str]) -> list[int]:
        return [self._product_positions[product_id] for product_id in product_ids if product_id in self._product_positions]

    def _session_profile(self, product_ids: Iterable[str]) -> sparse.csr_matrix:
        """One row: weights fall with every step back in the session."""
        positions = list(dict.fromkeys(self._positions(product_ids)))
        weights = np.float32(self.config.session_decay) ** np.arange(len(positions), dtype=np.float32)
        order = np.argsort(positions)
        held = (weights[order], np.array(positions, dtype=np.int32)[order], np.array([0, len(positions)]))
        return sparse.csr_matrix(held, shape=(1, len(self.catalogue.product_ids)))

    def _asked_with(self, profile: sparse.csr_matrix, hidden: Sequence[int]) -> Asked:
        """Nobody in particular with this profile."""
        nothing = sparse.csr_matrix(profile.shape, dtype=np.float32)
        return Asked(profile, np.array([-1]), with_columns(nothing, hidden), self.catalogue.is_active)

    def _summed(
        self,
        asked: Asked,
        weights: Mapping[SourceName, float],
        k: int,
        context: Contributions,
        *,
        called: Mapping[SourceName, SourceName] = MappingProxyType({}),
    ) -> list[Recommended]:
        """The best `k` by Σ of weight × score, then the rest of the catalogue; each named after the source that says most."""
        candidates = merged(self.sources.ask(asked, max(k, self.config.candidates_per_source), names=weights))
        said = {name: np.nan_to_num(candidates.scores[name]) * np.float32(weight) for name, weight in weights.items()}
        total = sum(said.values(), np.zeros(len(candidates), dtype=np.float32))

        def source_of(at: int) -> SourceName:
            source = max(said, key=lambda name: said[name][at])
            return called.get(source, source)

        return listed(asked, candidates.products, total, source_of, k, context)

    def _listed(
        self,
        asked: Asked,
        candidates: Candidates,
        ranked: FloatTable,
        followed: Mapping[SourceName, FloatTable],
        k: int,
        *,
        session: sparse.csr_matrix,
    ) -> list[Recommended]:
        """The first `k` of one asked row's candidates: the ranker's order, and on top what follows from the running session."""
        of_history = to_unit(ranked)
        of_session = sum(followed.values(), np.zeros(len(ranked), dtype=np.float32))
        total = of_history + np.float32(self.config.session_weight) * of_session
        context = self._context(history=asked.profiles, session=session, bought_by=int(asked.customers[0]))

        def source_of(at: int) -> SourceName:
            said = {name: float(values[at]) for name, values in followed.items()}
            is_of_session = bool(said) and self.config.session_weight * sum(said.values()) > of_history[at]
            return owed_to(at, self.ranker, candidates, said, by_session=is_of_session)

        return listed(asked, candidates.products, total, source_of, k, context)

    def _context(
        self,
        *,
        history: sparse.csr_matrix,
        session: sparse.csr_matrix,
        bought_by: int,
        is_about: int | None = None,
        within: str | None = None,
    ) -> Contributions:
        bought = set(rows_or_empty(self.bought, np.array([bought_by])).indices.tolist())
        return Contributions(self.catalogue, self.sources, history, session, bought, self.running_session, is_about, within)
