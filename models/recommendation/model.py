"""The fitted recommender: lists with a source and a true reason for every place."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from models.recommendation.candidates import HISTORY_SOURCES, SESSION_SOURCES, Mask, Sources, blend, scaled, top
from models.recommendation.collaborative import ItemToItem, LatentTaste, Neighbours
from models.recommendation.config import RecommendationConfig, SourceName
from models.recommendation.reasons import Catalogue, Contributions, reason_for
from models.recommendation.shelf_tables import ShelfTables
from models.recommendation.storage import load_arrays, save_arrays
from models.recommendation.trending import CategoryTrending, FloatTable, Trending


@dataclass(frozen=True)
class Recommended:
    """One place of a list; `score` orders within one list only."""

    product_id: str
    score: float
    source: str
    reason: str


@dataclass(frozen=True)
class RecommendationModel:
    """Everything that a list needs, in arrays over `catalogue.product_ids` (sorted) and `customer_ids` (sorted).

    Attributes:
        tastes, bought, hidden: as in `features.Histories`.
        weights: of the history sources; they add up to 1.
    """

    config: RecommendationConfig
    as_of: pd.Timestamp
    weights: Mapping[SourceName, float]
    catalogue: Catalogue
    customer_ids: NDArray[np.str_]
    tastes: sparse.csr_matrix
    bought: sparse.csr_matrix
    hidden: sparse.csr_matrix
    sources: Sources
    shelves: ShelfTables

    def recommend(
        self, *, customer_id: str | None, recent_product_ids: Sequence[str] = (), k: int = 12, exclude: Iterable[str] = ()
    ) -> list[Recommended]:
        """At most `k` products for a customer in a running session; both may be unknown, which gives what is trending.

        Args:
            recent_product_ids: looked at in this session, newest first; not on the list themselves.
            exclude: further products that may not be on it.
        """
        row = self._customer_rows.get(customer_id, -1) if customer_id is not None else -1
        rows = np.array([row])
        session = self._session_profile(recent_product_ids)
        hidden = self.hidden_for(rows)
        hidden[0, session.indices] = True
        hidden[0, self._positions(exclude)] = True
        profile = self.profiles(rows)
        # In one order always: of two sources that say the same, the first is named.
        weights = {name: weight for name in HISTORY_SOURCES if (weight := self.weights.get(name, 0.0))}
        # A source without weight is not asked; for a stranger only trending has anything to say.
        names = weights if profile.nnz else [name for name in weights if name is SourceName.TRENDING]
        scores = self.sources.history_scores(profile, rows, hidden, names=names)
        if session.nnz:
            scores |= self.sources.session_scores(session, hidden)
            weights |= dict.fromkeys(SESSION_SOURCES, self.config.session_weight)
        return self._listed(scores, weights, hidden, k, history=profile, session=session, bought_by=row)

    def similar(self, product_id: str, *, k: int = 12, exclude: Iterable[str] = ()) -> list[Recommended]:
        """At most `k` products like this one: chosen by the same people, or alike as listings; then its category's best."""
        position = self._product_positions.get(product_id)
        if position is None:
            return self.trending(None, k=k, exclude=exclude)
        seed = self._session_profile([product_id])
        hidden = ~self.catalogue.is_active[None, :]
        hidden[0, position] = True
        hidden[0, self._positions(exclude)] = True
        scores = self.sources.session_scores(seed, hidden)
        scores[SourceName.CATEGORY_TRENDING] = scaled(self.sources.category_trending.scores(seed), hidden)
        # The category only fills up: any product that is alike comes before it.
        weights = {SourceName.SESSION_CO_VISITATION: 1.0, SourceName.SESSION_CONTENT: 1.0, SourceName.CATEGORY_TRENDING: 1e-3}
        return self._listed(scores, weights, hidden, k, history=seed, session=seed, bought_by=-1, is_about=position)

    def trending(self, category_id: str | None, *, k: int = 12, exclude: Iterable[str] = ()) -> list[Recommended]:
        """At most `k` products popular lately, in a category with all below it, or in the whole shop."""
        hidden = ~self.catalogue.is_active[None, :]
        hidden[0, self._positions(exclude)] = True
        name = SourceName.TRENDING
        if category_id is not None:
            hidden[0] |= ~self.catalogue.is_within(category_id)
            name = SourceName.CATEGORY_TRENDING
        empty = self._session_profile(())
        scores = {name: scaled(self.sources.trending.scores(empty), hidden)}
        return self._listed(scores, {name: 1.0}, hidden, k, history=empty, session=empty, bought_by=-1, within=category_id)

    def profiles(self, rows: NDArray[np.intp]) -> sparse.csr_matrix:
        """The histories of customers by row; an unknown one (-1) has an empty history."""
        return _rows_or_empty(self.tastes, rows)

    def hidden_for(self, rows: NDArray[np.intp]) -> Mask:
        """What may not be shown to each customer: not on offer, bought before or seen lately."""
        return np.asarray(_rows_or_empty(self.hidden, rows).toarray() > 0) | ~self.catalogue.is_active[None, :]

    def could_show(self, customer_id: str, product_id: str) -> bool:
        """Whether a list of this customer may hold the product: known, on offer, not bought before nor seen lately."""
        position = self._product_positions.get(product_id)
        return position is not None and not self.hidden_for(self.customer_rows([customer_id]))[0, position]

    def customer_rows(self, customer_ids: Iterable[str]) -> NDArray[np.intp]:
        """Row of each customer, -1 where unknown."""
        return np.array([self._customer_rows.get(customer_id, -1) for customer_id in customer_ids], dtype=np.intp)

    def save(self, folder: Path) -> None:
        """Write `model.json` and `arrays.npz` into `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        facts = {
            "config": asdict(self.config),
            "as_of": self.as_of.isoformat(),
            "weights": {name.value: weight for name, weight in self.weights.items()},
            "category_names": list(self.catalogue.category_names),
        }
        (folder / "model.json").write_text(json.dumps(facts, ensure_ascii=False, indent=1, sort_keys=True))
        sources = self.sources
        save_arrays(
            folder / "arrays.npz",
            {
                "product_ids": self.catalogue.product_ids,
                "titles": self.catalogue.titles,
                "is_active": self.catalogue.is_active,
                "is_of_this_week": self.catalogue.is_of_this_week,
                "category_of": self.catalogue.category_of,
                "category_ids": self.catalogue.category_ids,
                "parents": self.catalogue.parents,
                "customer_ids": self.customer_ids,
                "tastes": self.tastes,
                "bought": self.bought,
                "hidden": self.hidden,
                "trend": sources.trending.trend,
                "item_factors": sources.collaborative.item_factors,
                "neighbour_tastes": sources.neighbours.tastes,
                "neighbour_recent": sources.neighbours.recent,
                "co_visitation": sources.co_visitation.similarity,
                "content": sources.content.similarity,
                **self.shelves.arrays(),
            },
        )

    @classmethod
    def load(cls, folder: Path) -> RecommendationModel:
        """The model that `save` wrote; needs numpy and scipy only."""
        facts: dict[str, Any] = json.loads((folder / "model.json").read_text())
        arrays = load_arrays(folder / "arrays.npz")
        settings = facts["config"]
        config = RecommendationConfig(**{**settings, "weight_steps": tuple(settings["weight_steps"])})
        catalogue = Catalogue(
            category_names=tuple(facts["category_names"]),
            **{
                name: arrays[name]
                for name in ("product_ids", "titles", "is_active", "is_of_this_week", "category_of", "category_ids", "parents")
            },
        )
        return cls(
            config=config,
            as_of=pd.Timestamp(facts["as_of"]),
            weights={SourceName(name): weight for name, weight in facts["weights"].items()},
            catalogue=catalogue,
            customer_ids=arrays["customer_ids"],
            tastes=arrays["tastes"],
            bought=arrays["bought"],
            hidden=arrays["hidden"],
            sources=Sources(
                trending=Trending(arrays["trend"]),
                category_trending=CategoryTrending.fit(arrays["trend"], catalogue.category_of, len(catalogue.category_ids)),
                collaborative=LatentTaste(arrays["item_factors"], config.regularization, config.alpha),
                neighbours=Neighbours(arrays["neighbour_tastes"], arrays["neighbour_recent"], config.neighbour_count),
                co_visitation=ItemToItem(arrays["co_visitation"]),
                content=ItemToItem(arrays["content"]),
            ),
            shelves=ShelfTables.from_arrays(arrays),
        )

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
        shape = (1, len(self.catalogue.product_ids))
        return sparse.csr_matrix((weights, (np.zeros(len(positions), dtype=np.intp), positions)), shape=shape)

    def _listed(
        self,
        scores: Mapping[SourceName, FloatTable],
        weights: Mapping[SourceName, float],
        hidden: Mask,
        k: int,
        *,
        history: sparse.csr_matrix,
        session: sparse.csr_matrix,
        bought_by: int,
        is_about: int | None = None,
        within: str | None = None,
    ) -> list[Recommended]:
        total = blend(scores, weights)
        places = top(total, hidden, k)[0]
        bought = self.bought[bought_by] if bought_by >= 0 else sparse.csr_matrix((1, total.shape[1]), dtype=np.float32)
        context = Contributions(self.catalogue, self.sources, history, session, set(bought.indices.tolist()), is_about, within)
        listed = []
        for place in places[places >= 0].tolist():
            said = {name: float(values[0, place]) * weights.get(name, 0.0) for name, values in scores.items()}
            source = max(said, key=lambda name: said[name])
            source = source if said[source] > 0 else SourceName.CATALOGUE
            listed.append(
                Recommended(
                    product_id=str(self.catalogue.product_ids[place]),
                    score=float(total[0, place]),
                    source=source.value,
                    reason=reason_for(source, place, context),
                )
            )
        return listed


def _rows_or_empty(table: sparse.csr_matrix, rows: NDArray[np.intp]) -> sparse.csr_matrix:
    """Rows of `table`, empty ones where the row is -1."""
    known = rows >= 0
    if known.all():
        return table[rows]
    lengths = np.where(known, np.diff(table.indptr)[rows], 0)
    found = table[rows[known]]
    return sparse.csr_matrix(
        (found.data, found.indices, np.concatenate([[0], np.cumsum(lengths)])), shape=(len(rows), table.shape[1])
    )
